import type {EnvironmentName} from '../spec/stack.ts';

/** Secrets as they are kept: who may read them, and each value encrypted by itself. Nothing in it is secret. */
export interface SealedSecrets {
  /** age's public keys (`age1…`), sorted. */
  readonly recipients: readonly string[];
  /** Name → age file, armored: what holds where an environment has no value of its own. */
  readonly values: Readonly<Record<string, string>>;
  /** The same by environment. */
  readonly environments: Readonly<Record<EnvironmentName, Readonly<Record<string, string>>>>;
}

/** Which entry: a name, of all environments or of one. */
export interface SecretEntry {
  readonly name: string;
  readonly environment?: EnvironmentName;
}

/** The entry that holds in an environment, if there is one. */
export function entryFor(sealed: SealedSecrets, name: string, environment: EnvironmentName): SecretEntry | undefined {
  if (sealedValue(sealed, {name, environment}) !== undefined) return {name, environment};
  return sealedValue(sealed, {name}) === undefined ? undefined : {name};
}

/** The age file of an entry. */
export function sealedValue(sealed: SealedSecrets, {name, environment}: SecretEntry): string | undefined {
  const values = environment === undefined ? sealed.values : sealed.environments[environment];
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** With an entry replaced, added, or taken out. An environment without entries is left out. */
export function withSealed(sealed: SealedSecrets, {name, environment}: SecretEntry, file?: string): SealedSecrets {
  const change = (values: Readonly<Record<string, string>> = {}) => {
    const {[name]: _, ...rest} = values;
    return file === undefined ? rest : {...rest, [name]: file};
  };
  if (environment === undefined) return {...sealed, values: change(sealed.values)};
  const {[environment]: own, ...others} = sealed.environments;
  const changed = change(own);
  const environments = Object.keys(changed).length > 0 ? {...others, [environment]: changed} : others;
  return {...sealed, environments};
}

/** Every entry: those of all environments first, each sorted by name. */
export function entriesOf({values, environments}: SealedSecrets): readonly SecretEntry[] {
  const names = (of: Readonly<Record<string, string>>) => Object.keys(of).sort();
  return [
    ...names(values).map(name => ({name})),
    ...Object.keys(environments)
      .sort()
      .flatMap(environment => names(environments[environment]!).map(name => ({name, environment}))),
  ];
}

/** In words: `db_password`, `db_password of staging`. */
export const entryText = ({name, environment}: SecretEntry): string =>
  environment === undefined ? name : `${name} of ${environment}`;
