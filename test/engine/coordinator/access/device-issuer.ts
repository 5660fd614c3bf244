import {generateKeyPairSync} from 'node:crypto';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {exportJWK} from 'jose';
import Provider, {type Configuration} from 'oidc-provider';

/** An issuer with which people log in by device (RFC 8628): npm's oidc-provider. Its pages are left out. */
export interface DeviceIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  /** What a person does at the page: say yes, as somebody, or no. */
  allow(userCode: string, subject: string): Promise<void>;
  deny(userCode: string): Promise<void>;
  /** As if nobody had come in time. */
  expire(userCode: string): Promise<void>;
  /** How often each of its addresses was asked. */
  asked(path: string): number;
  /** The next poll is told to slow down, once. */
  slowDown(): void;
  end(): Promise<void>;
}

const audience = 'https://niyanta.test/api';
const clientId = 'niyanta-cli';
const scope = 'openid offline_access';

/** `ttl`: seconds that tokens hold. */
export async function deviceIssuer({
  ttl,
  revocation = true,
}: {
  readonly ttl: number;
  readonly revocation?: boolean;
}): Promise<DeviceIssuer> {
  const asked = new Map<string, number>();
  let slow = false;
  let handle: ReturnType<Provider['callback']> = () => undefined as never;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (slow && path === '/token') {
      slow = false;
      response.writeHead(400, {'content-type': 'application/json'}).end(JSON.stringify({error: 'slow_down'}));
      return;
    }
    void handle(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
  const jwk = {...(await exportJWK(privateKey)), kid: 'key-1', alg: 'RS256', use: 'sig'};
  const provider = new Provider(issuer, configuration(jwk, ttl, revocation));
  handle = provider.callback();

  const codeOf = async (userCode: string) => {
    const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
    if (!code) throw new Error(`there is no code ${userCode}`);
    return code;
  };
  return {
    issuer,
    audience,
    clientId,
    async allow(userCode, accountId) {
      const code = await codeOf(userCode);
      const grant = new provider.Grant({accountId, clientId});
      grant.addOIDCScope(scope);
      grant.addResourceScope(audience, 'workloads:read');
      Object.assign(code, {accountId, scope, resource: audience, grantId: await grant.save(), authTime: 1});
      await code.save();
    },
    async deny(userCode) {
      const code = await codeOf(userCode);
      Object.assign(code, {error: 'access_denied', errorDescription: 'the person said no'});
      await code.save();
    },
    async expire(userCode) {
      const code = await codeOf(userCode);
      Object.assign(code, {error: 'expired_token', errorDescription: 'nobody came'});
      await code.save();
    },
    asked: path => asked.get(path) ?? 0,
    slowDown() {
      slow = true;
    },
    end: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const configuration = (jwk: object, ttl: number, revocation: boolean): Configuration => ({
  jwks: {keys: [jwk as never]},
  clients: [
    {
      client_id: clientId,
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  findAccount: (_, sub) => ({accountId: sub, claims: () => ({sub})}),
  extraTokenClaims: () => ({groups: ['staff']}),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  ttl: {DeviceCode: 600, AccessToken: ttl, RefreshToken: 86_400, Grant: 86_400, IdToken: ttl},
  features: {
    devInteractions: {enabled: false},
    deviceFlow: {enabled: true},
    revocation: {enabled: revocation},
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'workloads:read',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: ttl,
        jwt: {sign: {alg: 'RS256'}},
      }),
    },
  },
});
