import {z} from 'zod';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {WorkloadRow} from '../store/store.ts';
import {workloadStates} from '../workload-states.ts';

/**
 * What coordinators and workers say to each other. Every message is checked where it arrives; what does not fit is
 * dropped and counted. `v` is the version of all of it: who hears another one says so, and does nothing.
 */
export const version = 1;

const text = (most: number) => z.string().max(most);
const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const percent = z.number().min(0).max(100);
const attemptNumber = z.int().min(1).max(1_000_000);
const v = z.literal(version);

const key = {workload: z.uuid(), attempt: attemptNumber};
/** One attempt, by what only the worker that has it knows. */
export const attemptRef = z.object({...key, lease: text(200)});
export type AttemptRef = z.infer<typeof attemptRef>;

const hostPort = z.object({
  protocol: z.enum(['tcp', 'udp']),
  host: z.int().min(1).max(65_535),
  address: text(100).optional(),
}) satisfies z.ZodType<HostPort>;

export const beat = z.object({
  v,
  /** Of the process: another one is another instance. */
  instance: z.uuid(),
  /** Of its data folder, which one process at a time has: the same machine, started again. */
  home: z.uuid(),
  version: text(100),
  worker: z.object({
    region: text(200).optional(),
    labels: z.record(text(200), text(1000)),
    capacity: z.object({cpu: count, memory: count, gpu: count, disk: count}),
    unusable: text(2000).optional(),
  }),
  ports: z.array(hostPort).max(20_000),
  /** What it carries out, whatever anybody knows of it. */
  running: z.array(attemptRef).max(20_000),
  /** Takes nothing new, and has what runs write a checkpoint and go elsewhere. */
  leaving: z.boolean(),
});
export type Beat = z.infer<typeof beat>;

/** A row as the database has it. Of the workload only what every type needs is checked; the type checks the rest. */
const row = z.object({
  id: z.uuid(),
  customer: text(200),
  seq: count,
  state: z.enum(workloadStates),
  workload: z.looseObject({
    name: text(500),
    type: text(200),
    with: z.record(z.string(), z.unknown()),
    container: z.looseObject({}).optional(),
    labels: z.record(z.string(), z.string()),
    resources: z.looseObject({}),
    timeoutMs: count.optional(),
    checkpoint: z.looseObject({graceMs: count, keep: count}).optional(),
    outputs: z.looseObject({files: z.array(z.string())}),
  }),
  inputs: z.record(z.string(), sha256),
  acceptedAt: count,
  changedAt: count,
  attempt: attemptNumber,
  lease: text(200),
  worker: text(100),
  outputs: z.record(z.string(), sha256),
  // Where it comes from: lines and spans of the worker say it, too.
  request: text(500).optional(),
  traceparent: text(200).optional(),
  waitsFor: z.array(z.unknown()),
});
export const workloadRow = row as unknown as z.ZodType<WorkloadRow & {readonly worker: string; readonly lease: string}>;

const intent = z.enum(['drain', 'preempt', 'pause', 'timeout', 'cancel']);

const answered = {v, generation: count};
export const beatAnswer = z.discriminatedUnion('kind', [
  z.object({...answered, kind: z.literal('refused'), code: text(100), message: text(2000), final: z.boolean()}),
  z.object({
    ...answered,
    kind: z.literal('orders'),
    /** The database's clock. */
    now: count,
    /** How often it should beat; absent: as it does. */
    beatMs: z.int().min(100).max(60_000).optional(),
    /** Of those that it said it carries out: still its own. */
    keep: z.array(z.object({...key, wanted: intent.optional(), lost: z.boolean()})),
    /** Of those, too: not its own any more, by the database. */
    end: z.array(attemptRef),
    /** New ones, whole; others come with the next answer when `more`. */
    begin: z.array(z.object({row: workloadRow, wanted: intent.optional()})),
    more: z.boolean(),
  }),
]);
export type BeatAnswer = z.infer<typeof beatAnswer>;
export type Orders = Extract<BeatAnswer, {kind: 'orders'}>;

const place = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('blob')}),
  z.object({kind: z.literal('s3'), key: text(1000)}),
]);
const why = z.enum(['manual', 'time', 'progress', 'preemption', 'drain', 'pause', 'own']);
const outcome = z.enum([
  ...['succeeded', 'failed', 'timeout', 'outside', 'lost'],
  ...['checkpointed', 'preempted', 'drained', 'paused', 'cancelled'],
] as const);

/** What became of an attempt. Counts when the database has it; said again until it is answered. */
export const said = z.discriminatedUnion('kind', [
  z.object({
    v,
    kind: z.literal('state'),
    of: attemptRef,
    to: z.enum(['STARTING', 'RUNNING', 'CHECKPOINTING']),
    progress: percent.optional(),
    restoredFrom: attemptNumber.optional(),
  }),
  z.object({
    v,
    kind: z.literal('end'),
    of: attemptRef,
    end: z.object({
      outcome,
      reason: text(20_000),
      exitCode: z.int().min(0).max(255).optional(),
      hopeless: z.boolean().optional(),
      result: z.unknown().optional(),
      outputs: z.record(text(4096), sha256).optional(),
    }),
    progress: percent.optional(),
    restoredFrom: attemptNumber.optional(),
  }),
  z.object({
    v,
    kind: z.literal('checkpoint'),
    of: attemptRef,
    checkpoint: z.object({
      number: attemptNumber,
      size: count,
      sha256,
      progress: percent.optional(),
      why,
      place,
    }),
    keep: count,
  }),
  z.object({v, kind: z.literal('corrupt'), of: attemptRef, number: attemptNumber, reason: text(2000)}),
]);
export type Said = z.infer<typeof said>;

/** In the header of each part of what is said: contents are larger than messages may be. */
export const part = z.object({
  v,
  id: z.string().regex(/^[A-Za-z0-9]{1,40}$/),
  index: z.int().min(0).max(4095),
  count: z.int().min(1).max(4096),
  /** Bytes that the database is to keep, or a `said` as JSON. */
  kind: z.enum(['content', 'said']),
});
export type Part = z.infer<typeof part>;

export const saidAnswer = z.object({
  v,
  generation: count,
  id: text(40),
  answer: z.enum(['counted', 'fenced', 'refused']),
});
export type SaidAnswer = z.infer<typeof saidAnswer>;

const upload = {v, of: attemptRef, name: text(300), upload: text(2000)};

/** What a worker asks for. */
export const asked = z.discriminatedUnion('kind', [
  z.object({v, kind: z.literal('identity')}),
  z.object({v, kind: z.literal('checkpoints'), workload: z.uuid()}),
  z.object({v, kind: z.literal('attempts'), workload: z.uuid()}),
  z.object({v, kind: z.literal('content'), sha256, offset: count}),
  z.object({v, kind: z.literal('file'), sha256}),
  z.object({v, kind: z.literal('secrets'), names: z.array(text(500)).max(1000)}),
  z.object({v, kind: z.literal('registry'), reference: text(2000)}),
  // An object of an attempt's checkpoint: written in parts, and read. Answered with requests that are signed for a while.
  z.object({v, kind: z.literal('upload'), of: attemptRef, name: text(300)}),
  z.object({...upload, kind: z.literal('upload-part'), number: z.int().min(1).max(10_000), sha256}),
  z.object({...upload, kind: z.literal('upload-done'), etags: z.array(text(200)).min(1).max(10_000)}),
  z.object({...upload, kind: z.literal('upload-dropped')}),
  z.object({v, kind: z.literal('stored'), workload: z.uuid(), name: text(1000)}),
]);
export type Asked = z.infer<typeof asked>;

/** What a coordinator has a worker do. */
export const ordered = z.discriminatedUnion('kind', [
  z.object({v, kind: z.literal('found'), endsSince: z.number().optional()}),
  z.object({v, kind: z.literal('clear'), ...key}),
  z.object({v, kind: z.literal('checkpoint'), ...key, why}),
  z.object({v, kind: z.literal('open-log'), ...key, follow: z.boolean(), after: text(200).optional()}),
  z.object({v, kind: z.literal('read-log'), id: text(40)}),
  z.object({v, kind: z.literal('close-log'), id: text(40)}),
]);
export type Ordered = z.infer<typeof ordered>;

/** The answer to `asked` and `ordered`: a value, or what an error of niyanta says. */
export const outcomeOf = <T extends z.ZodType>(value: T) =>
  z.union([
    z.object({v, value}),
    z.object({
      v,
      error: z.object({
        who: z.enum(['user', 'outside']),
        code: text(200),
        message: text(20_000),
        hint: text(5000).optional(),
        transient: z.boolean(),
      }),
    }),
  ]);

export const checkpointRow = z.object({
  workload: z.uuid(),
  number: attemptNumber,
  attempt: attemptNumber,
  takenAt: count,
  size: count,
  sha256,
  progress: percent.optional(),
  why,
  place,
  corrupt: z.string().optional(),
});

/** See `SignedRequest`. */
export const signedRequest = z.object({
  method: z.enum(['GET', 'PUT']),
  url: z.url({protocol: /^https?$/}).max(8000),
  headers: z.record(text(200), text(2000)),
});

export const fileRow = z.object({sha256, size: count, parts: z.array(sha256).optional()});

export const logLine = z.object({
  id: text(200),
  at: text(100),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});

/** Some lines, and whether there may be more. */
export const logLines = z.object({lines: z.array(logLine), over: z.boolean()});

/** JSON that fits; undefined for anything else, however it is broken. */
export function read<T>(schema: z.ZodType<T>, data: Uint8Array | string): T | undefined {
  try {
    const json: unknown = JSON.parse(
      typeof data === 'string' ? data : new TextDecoder('utf-8', {fatal: true}).decode(data),
    );
    return schema.safeParse(json).data;
  } catch {
    return undefined;
  }
}
