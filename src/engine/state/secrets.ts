import {UserError} from '../spec/errors.ts';
import type {SecretSource} from '../spec/project.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import type {IdentityPlace} from './identity-place.ts';
import {entryFor, sealedValue} from './sealed-secrets.ts';
import {readSecretFile, secretFilePath} from './secret-file.ts';
import {askSource, sourceOf} from './secret-sources.ts';
import type {ReadSecrets, SecretStore} from './secret-store.ts';
import type {SecretValue} from './secret-value.ts';

/** Where a secret's value comes from. */
export interface SecretOrigin {
  readonly name: string;
  /** `environment`: a variable; `file`: .niyanta/secrets.yaml; `command`: a source; `project`, `state`: encrypted. */
  readonly origin: 'environment' | 'file' | 'command' | 'project' | 'state';
  /** Environments that have an encrypted value of their own. */
  readonly environments?: readonly EnvironmentName[];
}

/** The secrets of one project, as one environment has them. */
export interface Secrets {
  /** Values by name. Errors: UserError `secret-missing`, which tells of all that are missing. */
  values(names: readonly string[]): Promise<ReadonlyMap<string, SecretValue>>;
  /** Every secret that is set, by name; never a value. */
  origins(): Promise<readonly SecretOrigin[]>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where to look beside the environment and the file of this machine. */
export interface SecretPlaces {
  readonly environment?: EnvironmentName;
  readonly sources?: readonly SecretSource[];
  readonly store?: SecretStore;
  readonly identity?: IdentityPlace;
}

const PREFIX = 'NIYANTA_SECRET_';

/** `db-password` → `NIYANTA_SECRET_DB_PASSWORD`. */
export const secretVariable = (name: string): string => `${PREFIX}${name.toUpperCase().replaceAll(/[-./]/g, '_')}`;

/**
 * Looks in the environment, then in `.niyanta/secrets.yaml` of `directory`, then asks the source of that name, then the
 * encrypted store: what is nearer to this machine wins. Each place is read, and each command run, at most once.
 */
export function openSecrets(directory: string, env: Env, places: SecretPlaces = {}): Secrets {
  const {sources = [], store} = places;
  const file = secretFilePath(directory);
  const fromFile = once(() => readSecretFile(file));
  const sealed = once(async () => store?.read());
  const asked = new Map<string, Promise<SecretValue>>();
  const fromStore = storeReader(places, sealed);
  const look = async (name: string): Promise<SecretValue | undefined> => {
    const near = env[secretVariable(name)] ?? (await fromFile()).get(name);
    if (near !== undefined) return near;
    const source = sourceOf(name, sources);
    if (!source) return fromStore(name);
    const asking = asked.get(name) ?? askSource(source, name, {directory, env});
    asked.set(name, asking);
    return asking;
  };
  return {
    async values(names) {
      const pairs = await Promise.all([...new Set(names)].map(async name => [name, await look(name)] as const));
      const missing = pairs.filter(([, value]) => value === undefined).map(([name]) => name);
      if (missing.length > 0) throw secretsMissing(missing, (await sealed()) ? store!.location : file);
      return new Map(pairs.map(([name, value]) => [name, value!]));
    },
    async origins() {
      return listOrigins(env, await fromFile(), sources, store && {kind: store.kind, read: await sealed()});
    },
  };
}

/** Reads the age key when the first value is asked for, and what is encrypted with it. */
function storeReader(
  {environment = 'default', identity, store}: SecretPlaces,
  sealed: () => Promise<ReadSecrets | undefined>,
): (name: string) => Promise<SecretValue | undefined> {
  const identities = once(async () =>
    (await import('./age-identity.ts')).readIdentities(identity ?? {kind: 'variable', text: ''}),
  );
  return async name => {
    const read = store && (await sealed());
    const entry = read && entryFor(read.sealed, name, environment);
    if (!entry) return undefined;
    const {unseal} = await import('./age-seal.ts');
    return unseal(entry, sealedValue(read.sealed, entry)!, await identities(), read.placeOf(entry));
  };
}

function listOrigins(
  env: Env,
  file: ReadonlyMap<string, string>,
  sources: readonly SecretSource[],
  store: {readonly kind: 'project' | 'state'; readonly read: ReadSecrets | undefined} | undefined,
): readonly SecretOrigin[] {
  const {values = {}, environments = {}} = store?.read?.sealed ?? {};
  const found = new Map<string, SecretOrigin>();
  const own = (name: string) =>
    Object.keys(environments)
      .filter(environment => Object.hasOwn(environments[environment]!, name))
      .sort();
  for (const name of [...Object.keys(values), ...Object.values(environments).flatMap(Object.keys)])
    found.set(name, {name, origin: store!.kind, ...(own(name).length > 0 && {environments: own(name)})});
  const win = (name: string, origin: SecretOrigin['origin']) => found.set(name, {...found.get(name), name, origin});
  for (const {name} of sources) if (name !== undefined) win(name, 'command');
  for (const name of file.keys()) win(name, 'file');
  const set = Object.keys(env).filter(variable => variable.startsWith(PREFIX) && env[variable] !== undefined);
  for (const variable of set) {
    const known = [...found.keys()].filter(name => secretVariable(name) === variable);
    // Which of - and _ was meant cannot be told from a variable.
    for (const name of known.length > 0 ? known : [variable.slice(PREFIX.length).toLowerCase()])
      win(name, 'environment');
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}

function secretsMissing(names: readonly string[], place: string): UserError {
  const [first] = names;
  return new UserError({
    code: 'secret-missing',
    message:
      names.length === 1 ? `the secret ${first} has no value` : `these secrets have no value: ${names.join(', ')}`,
    hint: first!.includes('/')
      ? `No source in niyanta.yaml gives it: secrets: {sources: [{prefix: ${first!.split('/')[0]}/, command: […]}]}`
      : `Set each with \`niyanta secret set ${first}\` (kept in ${place}), or in the environment: ${secretVariable(first!)}=…`,
  });
}
