import {keepSecretsHere} from './keep-secret-here.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {SECRET_NAME} from './spec/names.ts';
import {entryText, type SecretEntry, sealedValue, withSealed} from './state/sealed-secrets.ts';
import {sourceOf} from './state/secret-sources.ts';
import {begun} from './state/secret-store.ts';
import type {SecretValue} from './state/secret-value.ts';
import {secretVariable} from './state/secrets.ts';

/** Where a value was put. */
export interface KeptSecret {
  readonly name: string;
  readonly environment?: string;
  /** `file`: .niyanta/secrets.yaml of this machine, in clear; `project`, `state`: encrypted. */
  readonly store: 'file' | 'project' | 'state';
  /** File or state, for people. */
  readonly file: string;
  /** What wins over it on this machine, so that the value that was set does not count here. */
  readonly shadowedBy?: string;
}

export interface KeepOptions {
  /** In `.niyanta/secrets.yaml` of this machine, whatever else there is. */
  readonly here?: boolean;
}

/**
 * Keeps a secret: encrypted, once `niyanta secret init` has begun that; else, or when told, in `.niyanta/secrets.yaml`
 * of this machine. Errors: UserError `secret-name`, `secret-value`, and those of the place.
 */
export async function keepSecret(
  session: Session,
  entry: SecretEntry,
  value: SecretValue,
  options: KeepOptions = {},
): Promise<KeptSecret> {
  const place = await keepSecrets(session, new Map([[entry.name, value]]), entry.environment, options);
  const shadowedBy = place.store === 'file' ? undefined : await whatShadows(session, entry.name);
  return {...entry, ...place, ...(shadowedBy && {shadowedBy})};
}

/** The same for several, all or none. */
export async function keepSecrets(
  {secretStore, project}: Session,
  values: ReadonlyMap<string, SecretValue>,
  environment: string | undefined,
  {here = false}: KeepOptions = {},
): Promise<Pick<KeptSecret, 'store' | 'file'>> {
  for (const [name, value] of values) {
    checkName(name);
    if (value.length === 0) throw noValue(name);
  }
  if (here || !(await secretStore.read())) {
    if (environment !== undefined) throw noEnvironments();
    return {store: 'file', ...(await keepSecretsHere(project.directory, values))};
  }
  const {seal} = await import('./state/age-seal.ts');
  await secretStore.write(async old => {
    let sealed = begun(secretStore, old);
    for (const [name, value] of values) {
      const entry = {name, ...(environment === undefined ? {} : {environment})};
      sealed = withSealed(sealed, entry, await seal(entry, value, sealed.recipients));
    }
    return sealed;
  });
  return {store: secretStore.kind, file: secretStore.location};
}

/** Takes an entry out of the encrypted store. Errors: UserError `secret-unknown`. */
export async function dropSecret({secretStore}: Session, entry: SecretEntry): Promise<void> {
  await secretStore.write(async old => {
    const sealed = begun(secretStore, old);
    if (sealedValue(sealed, entry) === undefined) throw unknownSecret(entry);
    return withSealed(sealed, entry);
  });
}

export const unknownSecret = (entry: SecretEntry): UserError =>
  new UserError({
    code: 'secret-unknown',
    message: `there is no secret ${entryText(entry)}`,
    hint: 'niyanta secret ls shows those that there are, and where.',
  });

function checkName(name: string): void {
  if (SECRET_NAME.test(name)) return;
  throw new UserError({
    code: 'secret-name',
    message: `${JSON.stringify(name)} cannot be the name of a secret`,
    hint: name.includes('/')
      ? 'A name with a / is asked of a source in niyanta.yaml: set it there.'
      : 'Use letters, digits and _, no digit first: db_password.',
  });
}

const noValue = (name: string): UserError =>
  new UserError({
    code: 'secret-value',
    message: `the value for secret ${name} is empty`,
    hint: `Type it when asked, or pass it on standard input: niyanta secret set ${name} < FILE`,
  });

const noEnvironments = (): UserError =>
  new UserError({
    code: 'secrets-not-begun',
    message: '.niyanta/secrets.yaml has no values by environment; only encrypted secrets do',
    hint: 'niyanta secret init begins those.',
  });

/** What is nearer to this machine than the encrypted store. */
async function whatShadows({project, ssh, secrets}: Session, name: string): Promise<string | undefined> {
  const origin = (await secrets.origins()).find(one => one.name === name)?.origin;
  if (origin === 'environment' || ssh.env[secretVariable(name)] !== undefined) return secretVariable(name);
  if (origin === 'file') return '.niyanta/secrets.yaml';
  return sourceOf(name, project.secrets.sources) && 'a source in niyanta.yaml';
}
