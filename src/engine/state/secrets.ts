import {UserError} from '../spec/errors.ts';
import {readSecretFile, secretFilePath} from './secret-file.ts';

/** Where a secret's value comes from. */
export interface SecretOrigin {
  readonly name: string;
  readonly origin: 'environment' | 'file';
}

/** The secrets of one project on this machine. */
export interface Secrets {
  /** Values by name. Errors: UserError `secret-missing`, which tells of all that are missing. */
  values(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Every secret that is set, by name; never a value. `environment` where the variable wins over the file. */
  origins(): Promise<readonly SecretOrigin[]>;
}

const PREFIX = 'NIYANTA_SECRET_';

/** `db-password` → `NIYANTA_SECRET_DB_PASSWORD`. */
export const secretVariable = (name: string): string => `${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`;

/** Looks in the environment, then in `.niyanta/secrets.yaml` of `directory`, which is read at most once. */
export function openSecrets(directory: string, env: Readonly<Record<string, string | undefined>>): Secrets {
  const file = secretFilePath(directory);
  let reading: Promise<ReadonlyMap<string, string>> | undefined;
  const fromFile = () => {
    reading ??= readSecretFile(file);
    return reading;
  };
  return {
    async values(names) {
      const found = new Map<string, string>();
      for (const name of names) {
        const value = env[secretVariable(name)] ?? (await fromFile()).get(name);
        if (value !== undefined) found.set(name, value);
      }
      const missing = names.filter(name => !found.has(name));
      if (missing.length > 0) throw secretsMissing(missing, file);
      return found;
    },
    async origins() {
      const inFile = [...(await fromFile()).keys()];
      const inEnvironment = Object.keys(env).filter(
        variable => variable.startsWith(PREFIX) && env[variable] !== undefined,
      );
      const shadowed = (name: string) => inEnvironment.includes(secretVariable(name));
      const nameless = inEnvironment.filter(variable => !inFile.some(name => secretVariable(name) === variable));
      return [
        ...inFile.map((name): SecretOrigin => ({name, origin: shadowed(name) ? 'environment' : 'file'})),
        // Which of - and _ was meant cannot be told from a variable.
        ...nameless.map(
          (variable): SecretOrigin => ({
            name: variable.slice(PREFIX.length).toLowerCase(),
            origin: 'environment',
          }),
        ),
      ].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function secretsMissing(names: readonly string[], file: string): UserError {
  const [first] = names;
  const list = [...new Set(names)].join(', ');
  return new UserError({
    code: 'secret-missing',
    message: names.length === 1 ? `the secret ${list} has no value` : `these secrets have no value: ${list}`,
    hint: `Set each with \`niyanta secret set ${first}\` (kept in ${file}), or in the environment: ${secretVariable(first!)}=…`,
  });
}
