import {generateKeyPairSync} from 'node:crypto';
import {SignJWT} from 'jose';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {TokenVerifier} from '../../../src/engine/coordinator/access/index.ts';
import {oidcSchema} from '../../../src/engine/spec/server/access-schema.ts';
import {type RealIssuer, realIssuer} from '../coordinator/access/real-issuer.ts';
import {type Serving, serving} from './serving.ts';

let issuer: RealIssuer;
let api: Serving;
/** How far the clock by which tokens are judged is ahead. */
let ahead = 0;
beforeAll(async () => {
  issuer = await realIssuer();
  api = await serving({}, {tokens: verifier(issuer)});
  await api.customer('acme');
  await api.customer('other');
});
afterAll(async () => {
  await api.end();
  await issuer.end();
});
afterEach(() => {
  ahead = 0;
});

const verifier = ({issuer: address, audience}: Pick<RealIssuer, 'issuer' | 'audience'>) =>
  new TokenVerifier(
    oidcSchema.parse({
      issuer: address,
      audience,
      clockTolerance: '0s',
      roles: {claim: 'groups', map: {staff: 'operator', buyers: 'customer', guests: 'viewer'}},
      customer: {claim: 'tenant'},
      scopes: {claim: 'may'},
    }),
    {fetch, now: () => Date.now() + ahead},
  );

const all = 'workloads:read workloads:write workers:read audit:read';
const tokenOf = (groups: string, tenant?: string, may = all) => issuer.token({groups: [groups], tenant, may});
const sleeper = {workload: {name: 'w', type: 'sleep', with: {ms: 1}}};

test('a token of a customer is let in as the customer, and stands in the audit', async () => {
  const acme = await tokenOf('buyers', 'acme');
  const {status, json} = await api.ask('POST', '/v1/workloads', {key: acme, body: sleeper});
  expect(status).toBe(201);
  const path = `/v1/workloads/${json.id}`;
  expect((await api.ask('GET', path, {key: acme})).status).toBe(200);
  expect((await api.ask('GET', path, {key: await tokenOf('buyers', 'other')})).status).toBe(404);
  const {json: audit} = await api.ask('GET', `/v1/audit?workload=${json.id}`, {key: acme});
  expect(audit.items[0]).toMatchObject({type: 'workload.accepted', customer: 'acme', actor: {name: 'oidc:robot'}});
});

test('role and scopes of a token are those of keys', async () => {
  const guest = await tokenOf('guests', 'acme');
  expect((await api.ask('POST', '/v1/workloads', {key: guest, body: sleeper})).json).toMatchObject({
    status: 403,
    code: 'forbidden',
  });
  const narrow = await tokenOf('buyers', 'acme', 'workloads:read everything:write');
  expect((await api.ask('GET', '/v1/workloads', {key: narrow})).status).toBe(200);
  expect((await api.ask('POST', '/v1/workloads', {key: narrow, body: sleeper})).status).toBe(403);
  expect((await api.ask('GET', '/v1/workers', {key: await tokenOf('staff')})).status).toBe(200);
  expect((await api.ask('GET', '/v1/workers', {key: await tokenOf('buyers', 'acme')})).status).toBe(403);
});

test('a customer has one limit of requests, by key and by token together', async () => {
  const key = await api.customer('slow', {rate: {perSecond: 0.001, burst: 3}});
  const token = await tokenOf('buyers', 'slow');
  expect((await api.ask('GET', '/v1/workloads', {key})).status).toBe(200);
  expect((await api.ask('GET', '/v1/workloads', {key: token})).status).toBe(200);
  expect((await api.ask('GET', '/v1/workloads', {key})).status).toBe(200);
  expect((await api.ask('GET', '/v1/workloads', {key: token})).json).toMatchObject({status: 429, code: 'rate-limited'});
});

test('a suspended customer has no tokens, and one that there is not has none either', async () => {
  await api.customer('late');
  const token = await tokenOf('buyers', 'late');
  expect((await api.ask('GET', '/v1/workloads', {key: token})).status).toBe(200);
  const body = {name: 'late', tier: 'free', limits: {}, suspended: true};
  expect((await api.ask('PUT', '/v1/customers/late', {key: api.admin, body})).status).toBe(200);
  expect((await api.ask('GET', '/v1/workloads', {key: token})).json).toMatchObject({code: 'suspended-key'});
  const nobody = await tokenOf('buyers', 'nobody');
  expect((await api.ask('GET', '/v1/workloads', {key: nobody})).json).toMatchObject({status: 401, code: 'no-customer'});
});

test('hostile tokens are refused as problem+json, never with an error of ours', async () => {
  const {kid, privateKey} = issuer.signing;
  const now = Math.floor(Date.now() / 1000);
  const claims = {iss: issuer.issuer, aud: issuer.audience, sub: 'eve', exp: now + 300, groups: ['staff']};
  const sign = (more: object, header: object = {}, key = privateKey) =>
    new SignJWT({...claims, ...more}).setProtectedHeader({alg: 'RS256', kid, ...header}).sign(key);
  const other = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey;
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const none = Buffer.from(JSON.stringify({alg: 'none'})).toString('base64url');
  const tokens = [
    ['invalid-token', await sign({iss: 'https://elsewhere.test'})],
    ['invalid-token', await sign({aud: 'somebody-else'})],
    ['expired-token', await sign({exp: now - 10})],
    ['invalid-token', await sign({nbf: now + 3600})],
    ['invalid-token', await sign({}, {kid: 'nobody-has-it'})],
    ['invalid-token', await sign({}, {}, other)],
    ['invalid-token', `${none}.${payload}.`],
    ['invalid-token', await sign({padding: 'x'.repeat(9000)})],
    ['no-role', await sign({groups: ['root']})],
  ] as const;
  for (const [code, key] of tokens) {
    const {status, headers, json} = await api.ask('GET', '/v1/workloads', {key});
    expect([status, json.code]).toEqual([401, code]);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
  }
  // Too large for any header.
  const answer = await fetch(`${api.address}/v1/workloads`, {headers: {Authorization: `Bearer ${'x'.repeat(40_000)}`}});
  expect(answer.status).toBe(431);
  expect((await api.ask('GET', '/v1/workers', {key: await sign({may: all})})).status).toBe(200);
});

test('streams end when their token does', async () => {
  await api.restart();
  const token = await tokenOf('buyers', 'acme');
  const {json} = await api.ask('POST', '/v1/workloads', {
    key: token,
    body: {workload: {...sleeper.workload, name: 'long'}},
  });
  const headers = {Authorization: `Bearer ${token}`};
  const socket = new WebSocket(`${api.address.replace('http', 'ws')}/v1/events`, {headers} as never);
  const closed = new Promise<string>(resolve => socket.addEventListener('close', ({reason}) => resolve(reason)));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no WebSocket')));
  });
  const lines = await fetch(`${api.address}/v1/workloads/${json.id}/logs`, {
    headers: {...headers, Accept: 'text/event-stream'},
  });
  expect(lines.status).toBe(200);
  ahead = 3_600_000;
  expect(await closed).toMatch(/ended/);
  expect(await lines.text()).toMatch(/event: stop\ndata: .*ended/);
});

test('without an issuer a token opens nothing; with one that was never reached, keys go on', async () => {
  const token = await tokenOf('staff');
  const without = await serving();
  expect((await without.ask('GET', '/v1/workers', {key: token})).json).toMatchObject({
    status: 401,
    code: 'unknown-key',
  });
  await without.end();
  const away = await serving({}, {tokens: verifier({issuer: 'http://127.0.0.1:1', audience: 'a'})});
  const {status, json, headers} = await away.ask('GET', '/v1/workers', {key: token});
  expect([status, json.code, headers.get('retry-after')]).toEqual([503, 'issuer-unreachable', '1']);
  expect((await away.ask('GET', '/v1/workers', {key: away.admin})).status).toBe(200);
  await away.end();
});
