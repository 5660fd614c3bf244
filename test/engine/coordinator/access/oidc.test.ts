import {createHmac} from 'node:crypto';
import {SignJWT} from 'jose';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {TokenVerifier} from '../../../../src/engine/coordinator/access/index.ts';
import {ASK_AGAIN_MS} from '../../../../src/engine/coordinator/access/tokens/issuer-keys.ts';
import {oidcSchema} from '../../../../src/engine/spec/server/access-schema.ts';
import {type RealIssuer, realIssuer} from './real-issuer.ts';

let issuer: RealIssuer;
/** How far the verifier's clock is ahead of this machine's. */
let ahead = 0;
beforeAll(async () => {
  issuer = await realIssuer();
});
afterAll(() => issuer.end());
afterEach(() => {
  ahead = 0;
});

const verifier = (more: object = {}) =>
  new TokenVerifier(
    oidcSchema.parse({issuer: issuer.issuer, audience: issuer.audience, customer: {claim: 'tenant'}, ...more}),
    {fetch, now: () => Date.now() + ahead},
  );

test('a token of the issuer says who somebody is', async () => {
  const tokens = verifier();
  expect(await tokens.identify(await issuer.token({roles: ['operator']}))).toEqual({
    name: 'oidc:robot',
    role: 'operator',
  });
  expect(await tokens.identify(await issuer.token({roles: 'customer', tenant: 'acme'}))).toEqual({
    name: 'oidc:robot',
    role: 'customer',
    customer: 'acme',
  });
  expect(await tokens.identify(await issuer.token())).toBe('token-role');
  expect(await tokens.identify(await issuer.token({roles: ['customer']}))).toBe('token-customer');
});

interface Hostile {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Signed with the issuer's own key, whatever it says. */
function signed({claims = {}, header = {}}: Hostile = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const {kid, privateKey} = issuer.signing;
  const all = {
    iss: issuer.issuer,
    aud: issuer.audience,
    sub: 'eve',
    iat: now,
    exp: now + 300,
    roles: ['admin'],
    ...claims,
  };
  return new SignJWT(all).setProtectedHeader({alg: 'RS256', kid, typ: 'at+jwt', ...header}).sign(privateKey);
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

test('what is wrong with a token is found, whatever it says of itself', async () => {
  const tokens = verifier();
  expect(await tokens.identify(await signed())).toMatchObject({name: 'oidc:eve', role: 'admin'});
  const cases: readonly (readonly [string, Hostile])[] = [
    ['token-issuer', {claims: {iss: 'https://elsewhere.test'}}],
    ['token-issuer', {claims: {iss: undefined}}],
    ['token-audience', {claims: {aud: 'https://elsewhere.test'}}],
    ['token-audience', {claims: {aud: undefined}}],
    ['token-expired', {claims: {exp: inSeconds(-60)}}],
    ['token-not-yet', {claims: {nbf: inSeconds(3600)}}],
    ['token-claims', {claims: {exp: undefined}}],
    ['token-claims', {claims: {sub: undefined}}],
    ['token-claims', {claims: {exp: 'tomorrow'}}],
    ['token-key', {header: {kid: 'nobody-has-it'}}],
    ['token-role', {claims: {roles: [{admin: true}, 'root', '__proto__', 'constructor']}}],
    ['token-customer', {claims: {roles: ['customer'], tenant: ['acme', 'globex']}}],
  ];
  for (const [why, hostile] of cases)
    expect([why, hostile, await tokens.identify(await signed(hostile))]).toEqual([why, hostile, why]);
});

test('a token that is not signed by the issuer opens nothing', async () => {
  const tokens = verifier();
  const good = await signed();
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const admin = base64({...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'root'});
  const {kid, publicKey} = issuer.signing;
  const none = base64({alg: 'none', kid});
  const shared = base64({alg: 'HS256', kid});
  const pem = publicKey.export({type: 'spki', format: 'pem'});
  const hmac = createHmac('sha256', pem).update(`${shared}.${payload}`).digest('base64url');
  const self = await new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    .setProtectedHeader({alg: 'RS256', kid, jwk: {kty: 'RSA'}, jku: 'http://127.0.0.1:1/keys'})
    .sign(issuer.signing.privateKey);
  expect(await tokens.identify(`${header}.${admin}.${signature}`)).toBe('token-signature');
  expect(await tokens.identify(`${none}.${payload}.`)).toBe('token-algorithm');
  expect(await tokens.identify(`${base64({alg: 'NONE'})}.${payload}.`)).toBe('token-algorithm');
  expect(await tokens.identify(`${shared}.${payload}.${hmac}`)).toBe('token-algorithm');
  expect(await tokens.identify(`${base64({alg: 'RS256', kid, crit: ['exp']})}.${payload}.${signature}`)).toBe(
    'token-malformed',
  );
  expect(await tokens.identify(`${header}.${'A'.repeat(9000)}.${signature}`)).toBe('token-malformed');
  expect(await tokens.identify('a.b.c')).toBe('token-malformed');
  expect(await tokens.identify('..')).toBe('token-malformed');
  // Where a key is said to be has no say in it: the signature is the issuer's own.
  expect(await tokens.identify(self)).toMatchObject({name: 'oidc:eve'});
  expect(await verifier({algorithms: ['ES256']}).identify(good)).toBe('token-algorithm');
});

test('clocks may be apart by the tolerance, and no further', async () => {
  const tokens = verifier({clockTolerance: '30s'});
  const token = await signed({claims: {exp: inSeconds(60)}});
  ahead = 80_000;
  expect(await tokens.identify(token)).toMatchObject({name: 'oidc:eve'});
  ahead = 100_000;
  expect(await tokens.identify(token)).toBe('token-expired');
});

test('a key that is new is found, and one that is gone ends with the age of the keys', async () => {
  const tokens = verifier({keysMaxAge: '1s'});
  const before = await signed();
  expect(await tokens.identify(before)).toMatchObject({name: 'oidc:eve'});
  await issuer.rotate();
  // jose measures the age of keys by this machine's clock.
  await expect.poll(async () => tokens.identify(before), {timeout: 20_000}).toBe('token-key');
  expect(await tokens.identify(await signed())).toMatchObject({name: 'oidc:eve'});
});

test('tokens with keys that nobody has do not make us ask the issuer again and again', async () => {
  const tokens = verifier();
  expect(await tokens.identify(await signed())).toMatchObject({name: 'oidc:eve'});
  const asked = issuer.asked();
  const began = Date.now();
  for (let i = 0; i < 50; i++)
    expect(await tokens.identify(await signed({header: {kid: `made-up-${i}`}}))).toBe('token-key');
  expect(issuer.asked() - asked).toBeLessThanOrEqual(Math.floor((Date.now() - began) / ASK_AGAIN_MS) + 1);
});

test('an issuer that is away: its last keys go on, and those who never knew any say so', async () => {
  const tokens = verifier({keysMaxAge: '1s', keysWhenAway: '1h'});
  const token = await signed();
  expect(await tokens.identify(token)).toMatchObject({name: 'oidc:eve'});
  await issuer.away();
  try {
    const late = verifier();
    await expect(late.identify(token)).rejects.toMatchObject({code: 'issuer-unreachable', transient: true});
    const until = Date.now() + 1500;
    await expect.poll(() => Date.now() > until, {timeout: 5000}).toBe(true);
    expect(await tokens.identify(token)).toMatchObject({name: 'oidc:eve'});
    expect(await tokens.identify(await signed({header: {kid: 'nobody-has-it'}}))).toBe('token-key');
    await issuer.back();
    // It is not asked again at once; then it is.
    ahead = ASK_AGAIN_MS + 1;
    expect(await late.identify(token)).toMatchObject({name: 'oidc:eve'});
  } finally {
    await issuer.back().catch(() => undefined);
  }
});

test('an answer that is of another issuer, or no keys at all, is not believed', async () => {
  const answering = (found: unknown) =>
    new TokenVerifier(oidcSchema.parse({issuer: 'https://issuer.test', audience: 'a'}), {
      fetch: async () => new Response(typeof found === 'string' ? found : JSON.stringify(found)),
      now: Date.now,
    });
  const token = await signed();
  const unreachable = {code: 'issuer-unreachable'};
  await expect(
    answering({issuer: 'https://other.test', jwks_uri: 'https://issuer.test/k'}).identify(token),
  ).rejects.toMatchObject(unreachable);
  await expect(
    answering({issuer: 'https://issuer.test', jwks_uri: 'http://issuer.test/k'}).identify(token),
  ).rejects.toMatchObject(unreachable);
  await expect(answering('<html>').identify(token)).rejects.toMatchObject(unreachable);
  await expect(
    answering({issuer: 'https://issuer.test', jwks_uri: 'https://issuer.test/k'}).identify(token),
  ).rejects.toMatchObject(unreachable);
});
