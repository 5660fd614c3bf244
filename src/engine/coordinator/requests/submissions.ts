import {createHash, randomBytes} from 'node:crypto';
import type {Workload} from '../../spec/workload.ts';
import {actorOf, beyondCustomer, type Identity, invalidRequest, Refusal} from '../access/index.ts';
import {randomAhead} from '../random-ahead.ts';
import type {Accepted, CustomerRow, Submission} from '../store/store.ts';
import {workloadId} from '../workload-id.ts';
import type {Reception} from './reception.ts';
import {type SentFiles, storedInputs} from './stored-inputs.ts';

/** A submission as it came, its form checked and its workload not yet. */
export interface WrittenSubmission {
  readonly workload: Readonly<Record<string, unknown>>;
  /** Content of input files by their path in the container. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
  /** What was sent before. */
  readonly sent?: SentFiles;
  /** What has to end before it starts, by id. */
  readonly after?: Submission['after'];
  /** Milliseconds since 1970. */
  readonly notBefore?: number;
}

/** Who submits, and for whom. */
export interface Submitting {
  readonly who: Identity;
  readonly requestId: string;
  /** W3C Trace Context of the request's span. */
  readonly traceparent?: string;
  readonly owner: CustomerRow;
  readonly idempotencyKey?: string;
}

type Path = readonly (string | number)[];

/** Durable when it resolves. Errors: Refusal, UserError, UserErrors; paths in them as in the body of REST. */
export async function submitOne(
  reception: Reception,
  written: WrittenSubmission,
  submitting: Submitting,
  path: Path = [],
): Promise<Accepted> {
  const one = await submissionOf(reception, written, submitting, {path});
  const [accepted] = await accept(reception, submitting.owner, [one]);
  return accepted!;
}

/** All of them or none, in their order; `batch`: its name, made when not given. */
export async function submitBatch(
  reception: Reception,
  written: readonly WrittenSubmission[],
  submitting: Submitting & {readonly batch?: string},
): Promise<{readonly batch: string; readonly items: readonly Accepted[]}> {
  const {owner, idempotencyKey: key} = submitting;
  const made = key === undefined ? `batch-${randomBytes(12).toString('hex')}` : batchNameOf(owner.id, key);
  const batch = submitting.batch ?? made;
  const submissions = await Promise.all(
    written.map((each, index) => {
      const idempotencyKey = key === undefined ? undefined : `${key}/${index}`;
      return submissionOf(reception, each, {...submitting, idempotencyKey}, {path: ['workloads', index], batch});
    }),
  );
  return {batch, items: await accept(reception, owner, submissions)};
}

async function accept(
  {coordinator, pending, submitted}: Reception,
  owner: CustomerRow,
  submissions: readonly Submission[],
): Promise<readonly Accepted[]> {
  await pending.admit(owner, submissions.length);
  const before = performance.now();
  const all = await coordinator.submit(submissions);
  submitted(owner.id, all.filter(({doubled}) => !doubled).length, performance.now() - before);
  return all;
}

/** A submission, checked; its input files are in the store when this resolves. */
async function submissionOf(
  {coordinator, reader}: Reception,
  written: WrittenSubmission,
  {who, requestId, traceparent, owner, idempotencyKey}: Submitting,
  {path, batch}: {readonly path: Path; readonly batch?: string},
): Promise<Submission> {
  const {inputs, sent = {}} = written;
  const workload = await reader.read(written.workload, [...path, 'workload'], sent.image !== undefined);
  coordinator.check(workload, [...path, 'workload']);
  refuseBeyond(who, workload, [...path, 'workload']);
  if (workload.schedule) throw hasSchedule([...path, 'workload', 'schedule']);
  return {
    id: workloadId(Date.now(), randomAhead(10)),
    customer: owner.id,
    workload,
    inputs: await storedInputs({inputs, sent}, {workload, customer: owner.id, store: coordinator.store, path}),
    ...(written.after && {after: written.after}),
    ...(idempotencyKey !== undefined && {idempotencyKey}),
    ...(written.notBefore !== undefined && {notBefore: written.notBefore}),
    ...(batch !== undefined && {batch}),
    ...(traceparent !== undefined && {traceparent}),
    actor: actorOf(who, requestId),
  };
}

/** Errors: Refusal 403 `not-for-customers`, of a key of one customer, for what reaches beyond the workload's container. */
export function refuseBeyond({customer}: Identity, workload: Workload, path: Path): void {
  const beyond = customer ? beyondCustomer(workload, customer.id) : [];
  if (beyond.length === 0) return;
  throw new Refusal({
    status: 403,
    code: 'not-for-customers',
    detail: `the workload ${beyond.map(({detail}) => detail).join('; ')}: that is for operators and admins`,
    hint: 'Leave it out, or have an operator submit it for the customer.',
    wrong: beyond.map(each => ({code: 'not-for-customers', detail: each.detail, path: [...path, ...each.path]})),
  });
}

const hasSchedule = (path: Path) =>
  invalidRequest([{code: 'has-schedule', detail: 'is for schedules; this submits it once', path}]);

/** The same for the same batch, so that a batch that is sent again is known again. */
const batchNameOf = (customer: string, idempotencyKey: string): string =>
  `batch-${createHash('sha256').update(`${customer}\0${idempotencyKey}`).digest('hex').slice(0, 24)}`;
