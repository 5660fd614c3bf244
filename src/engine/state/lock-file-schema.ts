import {LineCounter, parseDocument} from 'yaml';
import {z} from 'zod';
import {type Location, UserError, UserErrors} from '../spec/errors.ts';
import type {Stack} from '../spec/stack.ts';
import type {LockFile} from './lock-file.ts';
import {sealedSchema} from './project-secret-store.ts';
import {releaseSchema} from './release-schema.ts';
import type {SealedSecrets} from './sealed-secrets.ts';

/** The version of the lock file that this niyanta writes, and the newest it reads. */
export const LOCK_FILE_VERSION = 1;

const count = z.number().int().nonnegative();
const time = z.iso.datetime({offset: true});
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits');
const pinned = z.strictObject({digest, key: z.string().optional(), resolvedAt: time});
const images = z.record(z.string(), pinned);

const placement = z.strictObject({
  replica: z.number().int().positive(),
  host: z.string().min(1),
  address: z.ipv4(),
  container: z.string().min(1),
  ports: z.array(z.number().int().min(1).max(65535)),
});

// The stack was validated when it was applied; a newer niyanta may have written fields that this one only passes on.
const snapshot = z.custom<Stack>(
  value => typeof value === 'object' && value !== null && Array.isArray((value as Stack).services),
  'must be a stack',
);

const historyEntry = z.strictObject({
  serial: count,
  at: time,
  who: z.string(),
  action: z.enum([
    'apply',
    'destroy',
    'rollback',
    'scale',
    'start',
    'stop',
    'restart',
    'rebuild',
    'undo',
    'volume-restore',
    'volume-move',
    'promote',
    'abort',
    'split',
  ]),
  outcome: z.enum(['applied', 'rolled-back', 'rollback-failed', 'partly-applied', 'failed', 'cancelled']),
  summary: z.string(),
  stack: snapshot.optional(),
  images: images.optional(),
  promoted: z.strictObject({from: z.string(), serial: count}).optional(),
});

/** What the state says of one environment. */
export const environmentSchema = z.strictObject({
  stack: z.string(),
  made: z
    .strictObject({
      from: z.string(),
      params: z.record(z.string(), z.string()),
      set: z.record(z.string(), z.string()),
    })
    .optional(),
  expires: z.strictObject({at: time, lifetimeMs: count.optional()}).optional(),
  fence: count,
  images,
  subnets: z.record(z.string(), z.cidrv4()),
  placements: z.record(z.string(), z.array(placement)),
  stopped: z.array(z.string()),
  quarantine: z.record(z.string(), z.strictObject({since: time})).optional(),
  releases: z.record(z.string(), releaseSchema).optional(),
  history: z.array(historyEntry),
});

/** Every field of the lock file; the type in lock-file.ts says what they mean. */
export const lockFileSchema = z
  .strictObject({
    version: z.literal(LOCK_FILE_VERSION),
    project: z.string().min(1),
    serial: count,
    salt: z.base64().min(1),
    fenceFloor: count.optional(),
    forgotten: z.array(z.string()).optional(),
    environments: z.record(z.string(), environmentSchema),
    secrets: sealedSchema.optional(),
  })
  .superRefine((lock, context) => {
    for (const [name, state] of Object.entries(lock.environments)) {
      const last = state.history.at(-1)?.serial ?? 0;
      if (last > lock.serial) {
        const message = `is ${lock.serial}, but the history of ${name} goes up to ${last}`;
        context.addIssue({code: 'custom', path: ['serial'], message});
      }
      for (const [service, replicas] of Object.entries(state.placements)) {
        const path = ['environments', name, 'placements', service];
        if (new Set(replicas.map(({replica}) => replica)).size < replicas.length)
          context.addIssue({code: 'custom', path, message: 'has the same replica twice'});
      }
    }
  });

const RECOVER =
  'Take the last good copy with `niyanta state restore`, or make it anew from the hosts with `niyanta state rebuild`.';

/** A lock file for a project that has none. `salt` is random, base64. */
export const emptyLockFile = (project: string, salt: string): LockFile => ({
  version: LOCK_FILE_VERSION,
  project,
  serial: 0,
  salt,
  environments: {},
});

/**
 * Reads a lock file's text. Errors: UserError `lock-file-invalid` with the place, `lock-file-newer` with both
 * versions, `lock-file-foreign` when it is of another project than `project` (any is taken when undefined).
 */
export function parseLockFile(text: string, file: string, project?: string): LockFile {
  const value = parseJson(text, file);
  const version = (value as {version?: unknown} | null)?.version;
  if (typeof version === 'number' && version > LOCK_FILE_VERSION) throw newer(file, version);
  const parsed = lockFileSchema.safeParse(value);
  if (!parsed.success) throw invalidFields(text, file, parsed.error.issues);
  if (project !== undefined && parsed.data.project !== project) throw foreign(text, file, parsed.data.project, project);
  return parsed.data;
}

/** The text of a lock file: the schema's order of keys, names sorted, so that a diff shows what changed. */
export function formatLockFile(lock: LockFile): string {
  const environments = sorted(lock.environments, state => ({
    stack: state.stack,
    ...(state.made && {made: state.made}),
    ...(state.expires && {expires: state.expires}),
    fence: state.fence,
    images: sorted(state.images, same),
    subnets: sorted(state.subnets, same),
    placements: sorted(state.placements, replicas => [...replicas].sort((a, b) => a.replica - b.replica)),
    stopped: [...state.stopped].sort(),
    ...(state.quarantine && {quarantine: sorted(state.quarantine, same)}),
    ...(state.releases && Object.keys(state.releases).length > 0 && {releases: sorted(state.releases, same)}),
    history: state.history,
  }));
  const {version, project, serial, salt, fenceFloor, forgotten} = lock;
  const gone = {...(fenceFloor !== undefined && {fenceFloor}), ...(forgotten && {forgotten})};
  const secrets = lock.secrets && sortedSecrets(lock.secrets);
  return `${JSON.stringify({version, project, serial, salt, ...gone, environments, secrets}, null, 2)}\n`;
}

const sortedSecrets = ({recipients, values, environments}: SealedSecrets): SealedSecrets => ({
  recipients: [...recipients].sort(),
  values: sorted(values, same),
  environments: sorted(environments, own => sorted(own, same)),
});

const same = <T>(value: T): T => value;

function sorted<T, U>(record: Readonly<Record<string, T>>, each: (value: T) => U): Record<string, U> {
  const names = Object.keys(record).sort();
  return Object.fromEntries(names.map(name => [name, each(record[name] as T)]));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const conflict = /^(<{7}|={7}|>{7})( |$)/m.exec(text);
    const at = conflict ? placeOf(text, conflict.index) : placeOfSyntaxError(text, error as SyntaxError);
    const what = conflict ? 'it has an unresolved merge conflict' : reason(text, error as SyntaxError);
    throw new UserError({
      code: 'lock-file-invalid',
      message: `the lock file cannot be read: ${what}`,
      location: {file, ...at},
      hint: RECOVER,
      cause: error,
    });
  }
}

// Node's messages quote the text around some errors; only what it expected is told.
const reason = (text: string, error: SyntaxError): string => {
  if (text.trim() === '') return 'it is empty';
  if (error.message.startsWith('Unexpected end')) return 'it ends in the middle, as after a write that was cut off';
  return error.message.replace(/,? "[\s\S]*$/, '').replace(/ in JSON.*$/, '');
};

function placeOfSyntaxError(text: string, error: SyntaxError): {line: number; column: number} {
  const position = /at position (\d+)/.exec(error.message);
  if (position) return placeOf(text, Number(position[1]));
  if (error.message.startsWith('Unexpected end')) return placeOf(text, text.length);
  const lines = new LineCounter();
  const first = parseDocument(text, {lineCounter: lines}).errors[0];
  const at = first?.linePos?.[0];
  return at ? {line: at.line, column: at.col} : placeOfToken(text, error);
}

// "Unexpected token 'x', ..." without a position: the first such character outside a string.
function placeOfToken(text: string, error: SyntaxError): {line: number; column: number} {
  const token = /^Unexpected token '(.)'/su.exec(error.message)?.[1];
  const outside = text.replace(/"(?:[^"\\]|\\.)*"/g, match => ' '.repeat(match.length));
  return placeOf(text, token === undefined ? 0 : Math.max(0, outside.indexOf(token)));
}

function placeOf(text: string, offset: number): {line: number; column: number} {
  const before = text.slice(0, offset);
  return {line: before.split('\n').length, column: offset - before.lastIndexOf('\n')};
}

function newer(file: string, version: number): UserError {
  return new UserError({
    code: 'lock-file-newer',
    message: `${file} has version ${version}; this niyanta reads up to version ${LOCK_FILE_VERSION}`,
    hint: 'A newer niyanta wrote it: use that one here, too.',
  });
}

function foreign(text: string, file: string, found: string, expected: string): UserError {
  return new UserError({
    code: 'lock-file-foreign',
    message: `the lock file belongs to the project "${found}", not to "${expected}"`,
    location: locate(text, file, ['project']),
    hint: 'Give each project its own with `state: file:PATH` in niyanta.yaml; a project that was renamed needs its old name back, since its containers carry it.',
  });
}

function invalidFields(text: string, file: string, issues: readonly z.core.$ZodIssue[]): UserError | UserErrors {
  const errors = issues.map(
    issue =>
      new UserError({
        code: 'lock-file-invalid',
        message: `${issue.path.join('.') || 'lock file'}: ${issue.message}`,
        location: locate(text, file, issue.path),
        hint: `It looks edited by hand. ${RECOVER}`,
      }),
  );
  return errors.length === 1 ? errors[0]! : new UserErrors(errors);
}

/** Where a value, or the nearest thing around it, stands. */
function locate(text: string, file: string, path: readonly PropertyKey[]): Location {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines});
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as {range?: readonly number[]} | undefined;
    const offset = node?.range?.[0];
    if (offset === undefined) continue;
    const {line, col} = lines.linePos(offset);
    return {file, line, column: col, path: path.join('.')};
  }
  return {file, line: 1, column: 1, path: path.join('.') || undefined};
}
