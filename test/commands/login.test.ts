import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {TokenVerifier} from '../../src/engine/coordinator/access/index.ts';
import {oidcSchema} from '../../src/engine/spec/server/access-schema.ts';
import {serving} from '../engine/api/serving.ts';
import {deviceIssuer} from '../engine/coordinator/access/device-issuer.ts';
import {niyanta, root} from './run-niyanta.ts';

test('niyanta login, whoami and logout: commands need no key of whoever is logged in', async () => {
  const issuer = await deviceIssuer({ttl: 600});
  const {audience, clientId, issuer: address} = issuer;
  const tokens = new TokenVerifier(
    oidcSchema.parse({issuer: address, audience, roles: {claim: 'groups', map: {staff: 'operator'}}}),
  );
  const scope = 'openid offline_access';
  const login = {issuer: address, clientId, scope, accepts: 'access' as const, parameters: {resource: audience}};
  const api = await serving({}, {tokens, login});
  const home = await mkdtemp(join(tmpdir(), 'niyanta-login-'));
  onTestFinished(async () => {
    await api.end();
    await issuer.end();
    await rm(home, {recursive: true});
  });
  const env = {XDG_CONFIG_HOME: home, NIYANTA_SERVER: api.address};

  const none = await niyanta(['workload', 'ls'], env);
  expect(none).toMatchObject({code: 64, stdout: ''});
  expect(none.stderr).toContain('niyanta login');

  const {NIYANTA_API_KEY: _, ...inherited} = process.env;
  const words = [`${root}bin/dev.js`, 'login', '--json'];
  const child = spawn(process.execPath, words, {env: {...inherited, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
  const said = {stdout: '', stderr: ''};
  child.stdout.on('data', chunk => {
    said.stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    said.stderr += chunk;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  await expect.poll(() => /code (\S+) within 10 min/.exec(said.stderr)?.[1], {timeout: 60_000}).toBeDefined();
  expect(said.stderr).toContain(`Open ${address}/device`);
  await issuer.allow(/code (\S+) within/.exec(said.stderr)![1]!, 'ada');
  expect([await ended, said.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(said.stdout)).toMatchObject({server: api.address, caller: {name: 'oidc:ada', role: 'operator'}});
  const kept = JSON.parse(await readFile(join(home, 'niyanta/logins.json'), 'utf8'))[api.address];
  expect(`${said.stdout}${said.stderr}`).not.toContain(kept.token);

  const who = await niyanta(['whoami'], env);
  expect(who).toMatchObject({code: 0, stdout: `oidc:ada (operator), at ${api.address} by a login\n`});
  expect((await niyanta(['workload', 'ls', '--json'], env)).code).toBe(0);
  const withKey = await niyanta(['whoami', '--json'], {...env, NIYANTA_API_KEY: api.admin});
  expect(JSON.parse(withKey.stdout)).toMatchObject({by: 'key', role: 'admin'});

  expect(await niyanta(['logout'], env)).toMatchObject({code: 0, stdout: `Logged out of ${api.address}.\n`});
  expect((await niyanta(['whoami'], env)).stderr).toContain('NIYANTA_API_KEY is not set');
});
