import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test} from 'vitest';
import {currentToken} from '../../../src/engine/client/login/current-token.ts';
import type {DevicePrompt} from '../../../src/engine/client/login/device-flow.ts';
import {logIn} from '../../../src/engine/client/login/log-in.ts';
import {logOut} from '../../../src/engine/client/login/log-out.ts';
import {loginsFile, readLogin} from '../../../src/engine/client/login/logins.ts';
import {accessRules} from '../../../src/engine/coordinator/settings.ts';
import {serverSchema} from '../../../src/engine/spec/server/server-schema.ts';
import type {ServerSettings} from '../../../src/engine/spec/server/server-settings.ts';
import {type Serving, serving} from '../api/serving.ts';
import {type DeviceIssuer, deviceIssuer} from '../coordinator/access/device-issuer.ts';

const {signal} = new AbortController();
const HOUR = 3_600_000;

let issuer: DeviceIssuer;
let api: Serving;
let folder: string;
let file: string;
beforeAll(async () => {
  issuer = await deviceIssuer({ttl: 600});
  api = await serving({}, trust(issuer));
});
afterAll(async () => {
  await api.end();
  await issuer.end();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-login-'));
  file = loginsFile({XDG_CONFIG_HOME: folder});
  onTestFinished(() => rm(folder, {recursive: true}));
});

function trust({issuer: address, audience, clientId}: DeviceIssuer) {
  const server = serverSchema.parse({
    oidc: {
      issuer: address,
      audience,
      roles: {claim: 'groups', map: {staff: 'operator'}},
      login: {client: clientId, parameters: {resource: audience}},
    },
  });
  return accessRules(server as unknown as ServerSettings);
}

/** Logs in; between two polls a person does something with the code. */
async function login(does: (code: string, poll: number) => Promise<void>, now = Date.now) {
  let shown: DevicePrompt | undefined;
  const waits: number[] = [];
  const prompt = (told: DevicePrompt) => {
    shown = told;
  };
  const sleep = async (ms: number) => {
    waits.push(ms);
    await does(shown!.userCode, waits.length);
  };
  const result = await logIn(api.address, file, {prompt, sleep, now, signal});
  return {result, waits, shown: shown!};
}
const allow = async (code: string, poll: number) => {
  if (poll === 2) await issuer.allow(code, 'ada');
};

test('whoever confirms the code is logged in, and the server knows them', async () => {
  const {result, waits, shown} = await login(allow);
  expect(shown).toMatchObject({verificationUri: `${issuer.issuer}/device`, expiresIn: 600});
  expect(shown.complete).toContain(shown.userCode);
  expect(result).toMatchObject({server: api.address, caller: {name: 'oidc:ada', role: 'operator'}, renewed: true});
  expect(waits).toEqual([5000, 5000]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'niyanta'))).mode & 0o777).toBe(0o700);
  const token = await currentToken(file, api.address, {now: Date.now, signal});
  const {json} = await api.ask('GET', '/v1/whoami', {key: token});
  expect(json).toEqual({name: 'oidc:ada', role: 'operator'});
  expect(await currentToken(file, 'http://other.example', {now: Date.now, signal})).toBeUndefined();
});

test('an issuer that asks to slow down is asked more rarely', async () => {
  issuer.slowDown();
  expect((await login(allow)).waits).toEqual([5000, 10_000]);
});

test.each([
  ['denied', 'login-denied', (code: string) => issuer.deny(code)],
  ['not confirmed in time', 'login-expired', (code: string) => issuer.expire(code)],
])('a login that is %s is told so, and nothing is kept', async (_, code, does) => {
  await expect(login(does)).rejects.toMatchObject({code, hint: expect.stringContaining('niyanta login')});
  expect(await readLogin(file, api.address)).toBeUndefined();
});

test('when the time of the code is over, it is given up whatever the issuer says', async () => {
  let late = 0;
  const does = async () => {
    late = HOUR;
  };
  await expect(login(does, () => Date.now() + late)).rejects.toMatchObject({code: 'login-expired'});
});

test('of a server that has no logins it is said', async () => {
  const plain = await serving();
  onTestFinished(() => plain.end());
  expect((await plain.ask('GET', '/v1/login')).json).toEqual({});
  const parts = {prompt() {}, sleep: async () => {}, now: Date.now, signal};
  await expect(logIn(plain.address, file, parts)).rejects.toMatchObject({code: 'no-login'});
});

test('a client that the issuer does not know is refused in its words', async () => {
  const {login: offer, tokens} = trust(issuer);
  const other = await serving({}, {...(tokens && {tokens}), login: {...offer!, clientId: 'nobody'}});
  onTestFinished(() => other.end());
  const parts = {prompt() {}, sleep: async () => {}, now: Date.now, signal};
  await expect(logIn(other.address, file, parts)).rejects.toMatchObject({
    code: 'login-refused',
    message: expect.stringContaining('invalid_client'),
  });
});

test('an issuer that does not answer is told as such', async () => {
  const {login: offer, tokens} = trust(issuer);
  const other = await serving({}, {...(tokens && {tokens}), login: {...offer!, issuer: 'http://127.0.0.1:1'}});
  onTestFinished(() => other.end());
  const parts = {prompt() {}, sleep: async () => {}, now: Date.now, signal};
  await expect(logIn(other.address, file, parts)).rejects.toMatchObject({code: 'issuer-unreachable', transient: true});
});

describe('a token that is about to end', () => {
  /** As if most of its time had passed: the file is what says when. */
  async function nearlyOver(): Promise<void> {
    const logins = JSON.parse(await readFile(file, 'utf8'));
    logins[api.address].expiresAt = Date.now() + 30_000;
    await writeFile(file, JSON.stringify(logins), {mode: 0o600});
  }

  test('is renewed once, however many ask at the same time', async () => {
    await login(allow);
    await nearlyOver();
    const before = await readLogin(file, api.address);
    const asked = issuer.asked('/token');
    const tokens = await Promise.all(
      Array.from({length: 5}, () => currentToken(file, api.address, {now: Date.now, signal})),
    );
    expect(issuer.asked('/token')).toBe(asked + 1);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(before!.token);
    const after = await readLogin(file, api.address);
    expect(after!.refresh).not.toBe(before!.refresh);
    expect((await api.ask('GET', '/v1/whoami', {key: tokens[0]})).json.name).toBe('oidc:ada');
  });

  test('of a login that the issuer forgot asks to log in again', async () => {
    await login(allow);
    await nearlyOver();
    const text = await readFile(file, 'utf8');
    await logOut(api.address, file, signal);
    await writeFile(file, text, {mode: 0o600});
    await expect(currentToken(file, api.address, {now: Date.now, signal})).rejects.toMatchObject({
      code: 'login-over',
      hint: expect.stringContaining(api.address),
    });
  });
});

test('logging out forgets it here and at the issuer', async () => {
  await login(allow);
  expect(await logOut(api.address, file, signal)).toEqual({server: api.address, revoked: true});
  expect(await readLogin(file, api.address)).toBeUndefined();
  await expect(logOut(api.address, file, signal)).rejects.toMatchObject({code: 'not-logged-in'});
});

test('a file that is none is told with its name', async () => {
  await login(allow);
  await writeFile(file, '{');
  await expect(readLogin(file, api.address)).rejects.toMatchObject({
    code: 'logins-invalid',
    message: expect.stringContaining(file),
  });
});
