import {generateKeyPairSync, type KeyObject} from 'node:crypto';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {exportJWK, type JWK} from 'jose';
import Provider, {type Configuration} from 'oidc-provider';

/** An OpenID Connect issuer on this machine: npm's oidc-provider, with clients that are let in by their secret. */
export interface RealIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** How often its keys were asked for. */
  asked(): number;
  /** A token that it signs; `claims` beside those of every token. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The key that it signs with now. */
  readonly signing: {readonly kid: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject};
  /** Another key from now on; the former one is no key of it any more. */
  rotate(): Promise<void>;
  /** It does not answer any more, until `back`. */
  away(): Promise<void>;
  back(): Promise<void>;
  end(): Promise<void>;
}

const audience = 'https://niyanta.test/api';
const client = {id: 'robot', secret: 'robots-have-secrets-too'};

export async function realIssuer(): Promise<RealIssuer> {
  let asked = 0;
  let added: Readonly<Record<string, unknown>> = {};
  let count = 1;
  let signing = newKey(count);
  let handle: ReturnType<Provider['callback']> = () => undefined as never;
  const answer = createServer((request, response) => {
    if (request.url?.startsWith('/jwks')) asked += 1;
    void handle(request, response);
  });
  let server: Server = await listening(answer, 0);
  const {port} = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;

  async function begin(): Promise<void> {
    const jwk: JWK = {...(await exportJWK(signing.privateKey)), kid: signing.kid, alg: 'RS256', use: 'sig'};
    handle = new Provider(
      issuer,
      configuration(jwk, () => added),
    ).callback();
  }
  await begin();

  return {
    issuer,
    audience,
    asked: () => asked,
    async token(claims = {}) {
      added = claims;
      const answered = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`},
        body: new URLSearchParams({grant_type: 'client_credentials', resource: audience}),
      });
      const body = (await answered.json()) as {access_token?: string};
      if (!body.access_token) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    get signing() {
      return signing;
    },
    async rotate() {
      count += 1;
      signing = newKey(count);
      await begin();
    },
    away: () => closed(server),
    async back() {
      server = await listening(server, port);
    },
    end: () => closed(server),
  };
}

function newKey(count: number) {
  return {kid: `key-${count}`, ...generateKeyPairSync('rsa', {modulusLength: 2048})};
}

const configuration = (jwk: JWK, added: () => Readonly<Record<string, unknown>>): Configuration => ({
  jwks: {keys: [jwk as never]},
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  extraTokenClaims: async () => added() as never,
  features: {
    devInteractions: {enabled: false},
    clientCredentials: {enabled: true},
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'workloads:read workloads:write',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: {sign: {alg: 'RS256'}},
      }),
    },
  },
});

const listening = (server: Server, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

const closed = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
