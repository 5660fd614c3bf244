import nodePath from 'node:path';

/** Where the state of a project is kept. */
export type StateLocation =
  /** `path` is absolute. */
  | {readonly kind: 'file'; readonly path: string}
  /** `host` is a host of the project by its name, else what ssh takes. */
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user?: string;
      readonly port?: number;
      readonly path: string;
    }
  | PostgresLocation;

/** Parts of the URL; the password may hold `${secret:NAME}`. */
export interface PostgresLocation {
  readonly kind: 'postgres';
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly options: Readonly<Partial<Record<PostgresOption, string>>>;
}

/** As libpq names them; `host` is a folder with a socket. */
export type PostgresOption = (typeof postgresOptions)[number];
const postgresOptions = ['sslmode', 'sslrootcert', 'host', 'connect_timeout'] as const;
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** What every location begins with, for a first check and for editors. */
export const STATE_SCHEMES = /^(file:.|ssh:\/\/.|postgres(ql)?:\/\/)/;
export const STATE_FORMS =
  'must be file:PATH, ssh://HOST/PATH or postgres://HOST/DATABASE, for example file:niyanta.lock.json';

/** A location out of its text, or what is wrong with it. A relative path is one from `directory`, `~` is `home`. */
export function parseStateLocation(text: string, directory: string, home: string): StateLocation | {wrong: string} {
  if (!STATE_SCHEMES.test(text)) return {wrong: STATE_FORMS};
  if (text.startsWith('postgres')) return parsePostgres(text);
  if (text.includes('${secret:')) return {wrong: 'only the password of a postgres:// URL can be a secret'};
  if (text.startsWith('ssh:')) return parseSsh(text);
  const path = text.slice('file:'.length);
  return {
    kind: 'file',
    path: nodePath.resolve(
      directory,
      path.replace(/^~(?=\/|$)/, () => home),
    ),
  };
}

function parseSsh(text: string): StateLocation | {wrong: string} {
  const parts =
    /^ssh:\/\/(?:([A-Za-z_][A-Za-z0-9_.-]*)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^\s@:/[\]-][^\s@:/[\]]*))(?::(\d{1,5}))?(\/.*)$/.exec(
      text,
    );
  if (!parts) return {wrong: 'must be ssh://HOST/PATH: [user@]host[:port] and an absolute path, no password'};
  const [, user, bracketed, plain, port, path] = parts;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return {wrong: `${port} is not a port`};
  if (/[\u0000-\u001f\u007f]/.test(path!)) return {wrong: 'the path has a control character in it'};
  if (path!.endsWith('/') || /\/\.\.?(\/|$)/.test(path!))
    return {wrong: `${path} must be the path of a file, without . and ..`};
  return {
    kind: 'ssh',
    host: (bracketed ?? plain)!,
    path: path!,
    ...(user === undefined ? {} : {user}),
    ...(port === undefined ? {} : {port: Number(port)}),
  };
}

// user:password@ [IPv6] or host :port /database ?options; the host may be absent, for a socket.
const POSTGRES_URL =
  /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^\s@:/?#[\]]*))(?::(\d{1,5}))?(?:\/([^/?#]*))?(?:\?([^#]*))?$/;

function parsePostgres(text: string): StateLocation | {wrong: string} {
  const wrong = 'is no postgres:// URL: percent-encode what is special in its user and password (@ is %40, / is %2F)';
  const parts = POSTGRES_URL.exec(text);
  if (!parts) return {wrong};
  const [, login = '', bracketed, plain = '', port, path = '', query = ''] = parts;
  const options: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (!(postgresOptions as readonly string[]).includes(name))
      return {wrong: `has the parameter ${name}; known are ${postgresOptions.join(', ')}`};
    options[name] = value;
  }
  if (options.sslmode !== undefined && !sslModes.includes(options.sslmode))
    return {wrong: `sslmode must be one of ${sslModes.join(', ')}`};
  if (options.connect_timeout !== undefined && !/^[1-9]\d{0,3}$/.test(options.connect_timeout))
    return {wrong: 'connect_timeout must be a number of seconds'};
  const colon = login.indexOf(':');
  const [name, secret] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  const decoded = [name, secret, bracketed ?? plain, path].map(percentDecoded);
  if (decoded.includes(undefined) || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) return {wrong};
  const [user, password, host, database] = decoded as string[];
  if ([user, host, database, ...Object.values(options)].some(part => part!.includes('${')))
    return {wrong: 'only the password of a postgres:// URL can be a secret'};
  return {
    kind: 'postgres',
    options,
    ...(user === '' ? {} : {user}),
    ...(password === '' ? {} : {password}),
    ...(host === '' ? {} : {host: host!}),
    ...(port === undefined ? {} : {port: Number(port)}),
    ...(database === '' ? {} : {database: database!}),
  };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whether the text, as it stands in a file, has a password in it that is no placeholder. */
export function hasPasswordInClear(written: string): boolean {
  const password = /^postgres(?:ql)?:\/\/[^:@/]*:(.*)@/s.exec(written)?.[1] ?? '';
  return password.replace(/\$\{(env|file|secret):[^}]*\}/g, '') !== '';
}

/** A location for people: never with a password. */
export function stateText(state: StateLocation): string {
  switch (state.kind) {
    case 'file':
      return `file:${state.path}`;
    case 'ssh': {
      const host = state.host.includes(':') ? `[${state.host}]` : state.host;
      return `ssh://${state.user === undefined ? '' : `${state.user}@`}${host}${portText(state.port)}${state.path}`;
    }
    case 'postgres': {
      const {user, password, host = '', port, database = '', options} = state;
      const login = user === undefined ? '' : `${user}${password === undefined ? '' : ':***'}@`;
      const query = new URLSearchParams(options).toString();
      const address = host.includes(':') ? `[${host}]` : host;
      return `postgres://${login}${address}${portText(port)}/${database}${query === '' ? '' : `?${query}`}`;
    }
  }
}

const portText = (port: number | undefined): string => (port === undefined ? '' : `:${port}`);
