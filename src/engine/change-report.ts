import {z} from 'zod';
import type {ApplyEvent, ApplyResult} from './executor/events.ts';
import {idempotencyKey} from './executor/idempotency-key.ts';
import {type OperationRow, rowsOf} from './executor/run-rows.ts';
import {operationTitle} from './executor/titles.ts';
import type {Operation, Plan} from './planner/plan.ts';
import {type NiyantaError, OutsideError} from './spec/errors.ts';
import {writeAtomically} from './state/atomic-file.ts';
import {ownerName} from './state/process-identity.ts';

const time = z.string().describe('Time as in RFC 3339.');
const failure = z.object({
  code: z.string().describe('Stays the same, for scripts: port-taken, host-unreachable.'),
  message: z.string().describe('What went wrong, for people.'),
});

const operation = z
  .object({
    id: z.string().describe('Stable: the same intent has the same id in two plans.'),
    key: z.string().describe('Idempotency key, as in the journal.'),
    kind: z.string().describe('What it is about: container, image, volume, …'),
    action: z.enum(['create', 'update', 'replace', 'delete']).describe('What it does to that.'),
    service: z.string().optional().describe('Service of the stack.'),
    replica: z.int().optional().describe('Number of the replica, from 1.'),
    host: z.string().describe('Host that it is done on.'),
    title: z.string().describe('The operation in words: replace backend 2 on h1.'),
    reason: z.string().describe('Why it was planned.'),
    startedAt: time.optional().describe('When it was begun; absent when it was not.'),
    endedAt: time.optional().describe('When it ended; absent when nothing tells.'),
    durationMs: z.number().describe('Milliseconds from start to end.'),
    attempts: z.int().describe('How often it was tried; 0 when it was never begun.'),
    outcome: z
      .enum(['done', 'failed', 'skipped', 'undone', 'cancelled', 'unknown'])
      .describe('How it ended; unknown when it was begun and nothing tells how it ended.'),
    undone: z.boolean().describe('It was taken back.'),
    error: failure.optional().describe('Why it failed.'),
  })
  .describe('What became of one operation of the plan.');

/** The report of a change: what `--report` writes, and the source of its published JSON Schema. */
export const changeReportSchema = z
  .object({
    version: z.literal(1).describe('Version of this format.'),
    action: z.string().describe('The command: apply, destroy, rollback.'),
    project: z.string().optional().describe('Project; absent when its file could not be read.'),
    stack: z.string().optional().describe('Stack; absent when nothing was planned.'),
    environment: z.string().optional().describe('Environment of the stack.'),
    who: z.string().describe('Who ran the command: user@machine.'),
    run: z.string().optional().describe('Run in the journal, for niyanta events; absent when nothing was begun.'),
    startedAt: time.describe('When the command began.'),
    endedAt: time.describe('When it ended.'),
    durationMs: z.number().describe('Milliseconds from start to end.'),
    outcome: z
      .enum([
        'unchanged',
        'applied',
        'rolled-back',
        'rollback-failed',
        'partly-applied',
        'failed',
        'cancelled',
        'not-begun',
        'broken-off',
      ])
      .describe(
        'How it ended. not-begun: an error before anything was changed; broken-off: an error after that, such as a lost lease.',
      ),
    exitCode: z.int().describe('Exit code of the command.'),
    serial: z
      .object({
        before: z.int().optional().describe('Of the state that was planned with.'),
        after: z.int().optional().describe('Of the state that was written.'),
      })
      .describe('Serials of the state.'),
    operations: z.array(operation).describe('Every operation of the plan, in its order.'),
    leftovers: z.array(z.string()).describe('What could not be taken back or cleaned up, and where.'),
    warnings: z.array(z.string()).describe('What the plan warned of.'),
    error: failure
      .extend({
        hint: z.string().optional().describe('What to do next.'),
        host: z.string().optional().describe('Host that failed.'),
      })
      .optional()
      .describe('What ended it, or failed first.'),
  })
  .describe('What a change did, operation by operation: niyanta apply --report FILE.');

/** The published JSON Schema (2020-12) of a report. */
export const reportJsonSchema = (): object => {
  const {$schema, ...rest} = z.toJSONSchema(changeReportSchema);
  return {$schema, title: 'niyanta report', ...rest};
};

export type ChangeReport = z.infer<typeof changeReportSchema>;

/** What is known of a change when it has ended, however it did. */
export interface EndedChange {
  readonly action: string;
  readonly project?: string;
  readonly environment?: string;
  readonly began: Date;
  readonly ended: Date;
  /** Absent when it did not come to a plan, or to asking about one. */
  readonly plan?: Plan;
  readonly events: readonly ApplyEvent[];
  /** Absent when an error ended it. */
  readonly result?: ApplyResult;
  /** What ended it, or failed first. */
  readonly error?: NiyantaError;
  readonly exitCode: number;
}

/** What became of each operation of a plan. */
export const planRows = (plan: Plan | undefined, events: readonly ApplyEvent[], result?: ApplyResult): OperationRow[] =>
  rowsOf(
    plan?.operations.map(operation => ({id: operation.id, title: operationTitle(operation)})) ?? [],
    events,
    result,
  );

/** The report of a change. */
export function changeReport(change: EndedChange): ChangeReport {
  const {action, project, environment, began, ended, plan, events, result, error, exitCode} = change;
  const operations = new Map(plan?.operations.map(operation => [operation.id, operation]));
  const rows = planRows(plan, events, result);
  const started = events.find(({type}) => type === 'started');
  return {
    version: 1,
    action,
    ...(project !== undefined && {project}),
    ...(plan && {stack: plan.stack}),
    ...(environment !== undefined && {environment}),
    who: ownerName(),
    ...(started?.type === 'started' && started.run !== undefined && {run: started.run}),
    startedAt: began.toISOString(),
    endedAt: ended.toISOString(),
    durationMs: ended.getTime() - began.getTime(),
    outcome: result?.outcome ?? (started ? 'broken-off' : 'not-begun'),
    exitCode,
    serial: {
      ...(plan && {before: plan.serial}),
      ...(result && {after: result.serial}),
    },
    operations: rows.flatMap(row => {
      const operation = operations.get(row.id);
      return operation ? [aboutOperation(operation, row)] : [];
    }),
    leftovers: [...(result?.leftovers ?? [])],
    warnings: [...(plan?.warnings ?? [])],
    ...(error && {error: aboutError(error)}),
  };
}

function aboutOperation(operation: Operation, row: OperationRow): ChangeReport['operations'][number] {
  const {id, kind, action, service, replica, host, reason} = operation;
  const {title = id, startedAt, endedAt, durationMs, attempts, outcome, undone, error} = row;
  return {
    id,
    key: idempotencyKey(operation),
    kind,
    action,
    ...(service !== undefined && {service}),
    ...(replica !== undefined && {replica}),
    host,
    title,
    reason,
    ...(startedAt !== undefined && {startedAt}),
    ...(endedAt !== undefined && {endedAt}),
    durationMs,
    attempts,
    outcome,
    undone,
    ...(error && {error}),
  };
}

function aboutError(error: NiyantaError): NonNullable<ChangeReport['error']> {
  const {code, message, hint} = error;
  const host = error instanceof OutsideError ? error.host : undefined;
  return {code, message, ...(hint !== undefined && {hint}), ...(host !== undefined && {host})};
}

/** Writes a report whole or not at all. Errors: OutsideError as of `writeAtomically`. */
export const writeReport = (file: string, report: ChangeReport): Promise<void> =>
  writeAtomically(file, `${JSON.stringify(report, null, 2)}\n`, {mode: 0o644});
