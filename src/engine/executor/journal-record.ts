import {z} from 'zod';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {HostNetwork} from '../runtime/host-network.ts';
import type {ProxyRoutes} from '../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import {UserError} from '../spec/errors.ts';
import type {JsonValue} from '../spec/json-value.ts';
import type {Stack} from '../spec/stack.ts';
import type {PinnedReference, ReleaseAction} from '../state/lock-file.ts';
import type {ApplyEvent} from './events.ts';
import type {Inverse} from './inverse.ts';

/** The version of the records that this niyanta writes, and the newest it reads. */
export const JOURNAL_VERSION = 1;

export type RunAction = 'apply' | 'rollback' | 'scale' | 'destroy' | 'start' | 'stop' | 'restart' | ReleaseAction;

/** One operation of a run as its journal keeps it: enough to say what was meant and to take it back. */
export interface JournalOperation {
  readonly id: string;
  /** The same for the same intent: `idempotencyKey`. */
  readonly key: string;
  readonly title: string;
  readonly host: string;
  readonly after: readonly string[];
  readonly inverse: Inverse;
}

/** The first record of a run, durable before the first host is touched. No secret's value is in it. */
export interface BeginRecord {
  readonly type: 'begin';
  readonly version: typeof JOURNAL_VERSION;
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  /** user@machine. */
  readonly who: string;
  readonly action: RunAction;
  readonly fence: number;
  /** That the state will have when the run ends. */
  readonly serial: number;
  /** What it converges to, with paths relative to the project; absent for what needs none. */
  readonly stack?: Stack;
  /** The stack's images as this run pinned them, by label. */
  readonly images: Readonly<Record<string, PinnedReference>>;
  /** Services it was limited to, all when empty: targets of an apply, services of a start, stop or restart. */
  readonly services: readonly string[];
  /** A destroy that takes the volumes, too. */
  readonly volumes: boolean;
  readonly operations: readonly JournalOperation[];
  /** The environment's containers as they were before. */
  readonly before: readonly {readonly host: string; readonly id: string; readonly running: boolean}[];
}

/** partly-undone: what could not be taken back, or was changed by others since, was left. undo-failed: hosts failed. */
export type UndoOutcome = 'undone' | 'partly-undone' | 'undo-failed';

/** Events as they happened, but for mere progress; and what became of the run later. */
export type JournalRecord =
  | BeginRecord
  | Exclude<ApplyEvent, {type: 'operation-progress'}>
  /** What was replaced begins to be removed: from here on it cannot be brought back. */
  | {readonly type: 'commit-started'; readonly at: string}
  /** `apply --undo` begins to take it back, and ends. */
  | {readonly type: 'undo-started'; readonly at: string; readonly who: string}
  | {readonly type: 'undo-ended'; readonly at: string; readonly outcome: UndoOutcome; readonly left: readonly string[]}
  /** A later run of the whole environment went on from what the hosts ran. */
  | {readonly type: 'superseded'; readonly at: string; readonly by: string};

const event = z.looseObject({type: z.string(), at: z.string(), version: z.unknown().optional()});
const container = z.custom<ContainerSpec>(
  value => typeof (value as ContainerSpec | null)?.id === 'string' && typeof (value as ContainerSpec).host === 'string',
);
const network = z.custom<HostNetwork>(value => typeof (value as HostNetwork | null)?.bridge === 'string');
const routes = z.custom<ProxyRoutes>(value => Array.isArray((value as ProxyRoutes | null)?.routes));
const proxy = z.custom<ProxySpec>(value => typeof (value as ProxySpec | null)?.source?.kind === 'string');
const member = z.object({
  host: z.string(),
  id: z.string(),
  service: z.string(),
  replica: z.number(),
  address: z.string(),
});
const inverseStep = z.discriminatedUnion('do', [
  z.object({do: z.literal('remove-container'), host: z.string(), id: z.string(), specHash: z.string()}),
  z.object({do: z.literal('stop-container'), host: z.string(), id: z.string()}),
  z.object({do: z.literal('start-container'), host: z.string(), id: z.string(), spec: container}),
  z.object({do: z.literal('write-manifest'), host: z.string(), spec: container, specHash: z.string()}),
  z.object({
    do: z.literal('delete-volume'),
    host: z.string(),
    volume: z.string(),
    path: z.string(),
    copyOf: z.string().optional(),
  }),
  z.object({
    do: z.literal('switch-back'),
    host: z.string(),
    to: z.array(member),
    from: z.array(member),
    weight: z.number(),
    sticky: z.boolean(),
  }),
  z.object({do: z.literal('connect-network'), host: z.string(), network}),
  z.object({do: z.literal('disconnect-network'), host: z.string(), bridge: z.string()}),
  z.object({do: z.literal('write-routes'), host: z.string(), routes}),
  z.object({do: z.literal('ensure-proxy'), host: z.string(), proxy: proxy.optional()}),
]);

const begin = z.object({
  type: z.literal('begin'),
  version: z.literal(JOURNAL_VERSION),
  run: z.string(),
  at: z.string(),
  who: z.string(),
  action: z.enum(['apply', 'rollback', 'scale', 'destroy', 'start', 'stop', 'restart', 'promote', 'abort', 'split']),
  fence: z.number(),
  serial: z.number(),
  // It was valid when the run began, as the snapshots of the lock file were.
  stack: z.custom<Stack>(value => Array.isArray((value as Stack | null)?.services)).optional(),
  images: z.record(z.string(), z.object({digest: z.string(), key: z.string().optional(), resolvedAt: z.string()})),
  services: z.array(z.string()),
  volumes: z.boolean(),
  operations: z.array(
    z.object({
      id: z.string(),
      key: z.string(),
      title: z.string(),
      host: z.string(),
      after: z.array(z.string()),
      inverse: z.array(inverseStep),
    }),
  ),
  before: z.array(z.object({host: z.string(), id: z.string(), running: z.boolean()})),
});

/** Exactly the events that say something about an operation; others are for those who replay a run. */
const operationEvent = z.looseObject({type: z.string(), at: z.string(), operation: z.string()});

/**
 * The records of one run as its journal keeps them; none when its begin was torn, so that nothing was done.
 * Errors: UserError `journal-newer` when a newer niyanta wrote it, `journal-invalid` when it is none of niyanta's.
 */
export function readRecords(run: string, values: readonly JsonValue[]): readonly JournalRecord[] {
  return values.map((value, index) => {
    const {data: head} = event.safeParse(value);
    if (!head || (index === 0) !== (head.type === 'begin')) throw unreadable(run, `record ${index + 1}`);
    if (head.type === 'begin') return readBegin(run, head);
    const aboutOperation = head.type.startsWith('operation-');
    if (aboutOperation && !operationEvent.safeParse(head).success) throw unreadable(run, `record ${index + 1}`);
    return head as unknown as JournalRecord;
  });
}

function readBegin(run: string, value: {readonly version?: unknown}): BeginRecord {
  if (typeof value.version === 'number' && value.version > JOURNAL_VERSION) {
    throw new UserError({
      code: 'journal-newer',
      message: `the journal of run ${run} has version ${value.version}; this niyanta reads up to version ${JOURNAL_VERSION}`,
      hint: 'A newer niyanta wrote it: use that one for --resume and --undo. A plain `niyanta apply` goes by what the hosts run.',
      exit: 1,
    });
  }
  const parsed = begin.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(run, parsed.error.issues[0]?.path.join('.') || 'its first record');
}

const unreadable = (run: string, where: string): UserError =>
  new UserError({
    code: 'journal-invalid',
    message: `the journal of run ${run} cannot be read: ${where} is not what niyanta writes`,
    hint: 'A plain `niyanta apply` needs no journal: it goes by what the hosts run.',
    exit: 1,
  });
