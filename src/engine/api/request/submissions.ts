import {createHash, randomBytes} from 'node:crypto';
import type {FastifyRequest} from 'fastify';
import type {z} from 'zod';
import {actorOf, beyondCustomer} from '../../coordinator/access/index.ts';
import type {Coordinator} from '../../coordinator/coordinator.ts';
import type {CustomerRow, Store, Submission} from '../../coordinator/store/store.ts';
import {workloadId} from '../../coordinator/workload-id.ts';
import type {Workload} from '../../spec/workload.ts';
import {invalidRequest, Refusal, type Wrong} from '../problems/refusal.ts';
import type {submission} from '../schemas/submission.ts';
import {timeOf} from '../schemas/wire.ts';
import {whoOf} from './gate.ts';
import type {WorkloadReader} from './read-workloads.ts';

type Body = z.output<typeof submission>;

interface Around {
  readonly request: FastifyRequest;
  readonly owner: CustomerRow;
  readonly coordinator: Coordinator;
  readonly reader: WorkloadReader;
  readonly batch?: string;
  readonly idempotencyKey?: string;
  /** Where it stands in the body. */
  readonly path: readonly (string | number)[];
}

/** A submission of the body, checked; its input files are in the store when this resolves. */
export async function submissionOf(body: Body, around: Around): Promise<Submission> {
  const {request, owner, coordinator, reader, batch, idempotencyKey, path} = around;
  const workload = await reader.read(body.workload, [...path, 'workload']);
  coordinator.check(workload, [...path, 'workload']);
  refuseBeyond(request, workload, [...path, 'workload']);
  if (workload.schedule) throw hasSchedule([...path, 'workload', 'schedule']);
  return {
    id: workloadId(Date.now(), randomBytes(10)),
    customer: owner.id,
    workload,
    inputs: await storedInputs(body.inputs ?? {}, workload, coordinator.store, path),
    ...(idempotencyKey !== undefined && {idempotencyKey}),
    ...(body.notBefore !== undefined && {notBefore: timeOf(body.notBefore)}),
    ...(batch !== undefined && {batch}),
    actor: actorOf(whoOf(request), request.id),
  };
}

/** Errors: Refusal 403 `not-for-customers`, of a key of one customer, for what reaches beyond the workload's container. */
export function refuseBeyond(request: FastifyRequest, workload: Workload, path: readonly (string | number)[]): void {
  const {customer} = whoOf(request);
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

/** SHA-256 of each input file by its path, after putting all of them. Errors: Refusal 400 for missing and unknown ones. */
export async function storedInputs(
  given: Readonly<Record<string, string>>,
  workload: Workload,
  store: Store,
  path: readonly (string | number)[],
): Promise<Readonly<Record<string, string>>> {
  const targets = workload.inputs.files.map(({target}) => target);
  const wrong: readonly Wrong[] = [
    ...targets
      .filter(target => !Object.hasOwn(given, target))
      .map(target => ({code: 'missing', detail: `has no content of ${target}`, path: [...path, 'inputs']})),
    ...Object.keys(given)
      .filter(target => !targets.includes(target))
      .map(target => ({
        code: 'unknown-key',
        detail: 'is no input file of the workload',
        path: [...path, 'inputs', target],
      })),
  ];
  if (wrong.length > 0) throw invalidRequest(wrong);
  const stored = targets.map(async target => {
    return [target, await store.putBlob(Buffer.from(given[target] ?? '', 'base64'))] as const;
  });
  return Object.fromEntries(await Promise.all(stored));
}

const hasSchedule = (path: readonly (string | number)[]) =>
  invalidRequest([{code: 'has-schedule', detail: 'is for POST /v1/schedules; this submits it once', path}]);

/** The same for the same batch, so that a batch that is sent again is known again. */
export const batchNameOf = (customer: string, idempotencyKey: string): string =>
  `batch-${createHash('sha256').update(`${customer}\0${idempotencyKey}`).digest('hex').slice(0, 24)}`;
