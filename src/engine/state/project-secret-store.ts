import {dirname, join} from 'node:path';
import {isScalar, LineCounter, parseDocument, stringify} from 'yaml';
import {z} from 'zod';
import {type Location, UserError} from '../spec/errors.ts';
import {SECRET_NAME} from '../spec/names.ts';
import {writeAtomically} from './atomic-file.ts';
import {withMutex} from './mutex.ts';
import type {SealedSecrets, SecretEntry} from './sealed-secrets.ts';
import type {ReadSecrets, SecretStore} from './secret-store.ts';
import {textIfThere} from './text-if-there.ts';

const ageFile = z.string().regex(/^-----BEGIN AGE ENCRYPTED FILE-----\n/, 'is not an armored age file');
const values = z.record(z.string().regex(SECRET_NAME, 'is not a name of a secret'), ageFile);

/** Encrypted secrets as they stand in the project's file, or in the state. */
export const sealedSchema = z.strictObject({
  recipients: z.array(z.string().regex(/^age1[0-9a-z]+$/, 'is no public key of age')).min(1),
  values: values.default({}),
  environments: z.record(z.string(), values).default({}),
});

const fileSchema = sealedSchema.extend({version: z.literal(1)});

const HEADER =
  '# Secrets of this project, each encrypted with age for the recipients below: safe to commit. Change them with\n# `niyanta secret`; a secret that was moved or edited by hand is refused.\n';

/** The file of `secrets: {store: project}`. Readable by all, and committed: nothing in it is secret. */
export function projectSecretStore(file: string): SecretStore {
  const read = async (): Promise<ReadSecrets | undefined> => {
    const text = await textIfThere(file);
    return text === undefined ? undefined : parseSecretsFile(text, file);
  };
  return {
    kind: 'project',
    location: file,
    read,
    write: change =>
      withMutex(join(dirname(file), '.niyanta', 'secrets', 'mutex'), async () => {
        await writeAtomically(file, formatSecretsFile(await change((await read())?.sealed)), {mode: 0o644});
      }),
  };
}

/** Recipients and names sorted, an age file a name: a diff shows which secret changed. */
export function formatSecretsFile({recipients, values, environments}: SealedSecrets): string {
  const document = {
    version: 1,
    recipients: [...recipients].sort(),
    values: sorted(values),
    environments: sorted(Object.fromEntries(Object.entries(environments).map(([name, own]) => [name, sorted(own)]))),
  };
  return `${HEADER}${stringify(document, {lineWidth: 0, blockQuote: 'literal'})}`;
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Errors: UserError `secrets-invalid`, with the place. */
export function parseSecretsFile(text: string, file: string): ReadSecrets {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false});
  const at = (offset: number | undefined): Location => {
    const {line, col} = lines.linePos(offset ?? 0);
    return {file, line: Math.max(1, line), column: Math.max(1, col)};
  };
  const broken = document.errors[0];
  if (broken) throw invalid(`is not YAML (${broken.code})${conflictHint(text)}`, at(broken.pos[0]));
  const placeOf = (path: readonly PropertyKey[]): Location => {
    for (let depth = path.length; depth > 0; depth--) {
      const offset = offsetOf(document.getIn(path.slice(0, depth - 1), true), path[depth - 1]);
      if (offset !== undefined) return {...at(offset), path: path.map(String).join('.')};
    }
    return at(0);
  };
  const parsed = fileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(`${issue.path.map(String).join('.')}: ${issue.message}`, placeOf(issue.path));
  }
  const {version: _, ...sealed} = parsed.data;
  return {
    sealed,
    placeOf: ({name, environment}: SecretEntry) =>
      placeOf(environment === undefined ? ['values', name] : ['environments', environment, name]),
  };
}

/** Where a key of a map stands. */
function offsetOf(map: unknown, key: PropertyKey | undefined): number | undefined {
  const items = (map as {items?: readonly {key?: unknown}[]} | undefined)?.items ?? [];
  const item = items.find(one => isScalar(one.key) && one.key.value === key);
  return (item?.key as {range?: readonly number[]} | undefined)?.range?.[0];
}

const conflictHint = (text: string): string => (/^<{7} /m.test(text) ? ': it has an unresolved merge conflict' : '');

const invalid = (what: string, location: Location) =>
  new UserError({
    code: 'secrets-invalid',
    message: `the file of secrets ${what}`,
    location,
    hint: 'Take it from the history of the project; in a merge conflict keep whole entries, of one side or the other.',
  });
