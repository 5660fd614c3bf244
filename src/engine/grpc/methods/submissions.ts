import {invalidRequest, ownerAsked, scopeOf} from '../../coordinator/access/index.ts';
import {type CancelFilter, cancelAll} from '../../coordinator/requests/cancel-all.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {
  type Submitting,
  submitBatch,
  submitOne,
  type WrittenSubmission,
} from '../../coordinator/requests/submissions.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {CancelBatchRequest, Submission} from '../messages.d.ts';
import {batchName, customer, idempotencyKey, labels, states, stateText, word, workloadId} from '../wire/read-fields.ts';
import {predecessors, sentFiles} from '../wire/read-submission.ts';
import {objectOf, timeOf} from '../wire/well-known.ts';

const MOST = 10_000;
const MOST_IDS = 1000;

export function submissionMethods(
  reception: Reception,
): Pick<Methods, 'SubmitWorkload' | 'SubmitBatch' | 'CancelBatch'> {
  return {
    async SubmitWorkload(request, caller) {
      const submitting = await submittingOf(request, caller);
      const {id, seq, doubled} = await submitOne(reception, writtenOf(request, []), submitting);
      return {id, seq, doubled};
    },
    async SubmitBatch(request, caller) {
      const {workloads} = request;
      if (workloads.length === 0 || workloads.length > MOST) {
        const detail = `must have 1 to ${MOST} entries`;
        throw invalidRequest([{code: 'invalid-value', detail, path: ['workloads']}]);
      }
      const submitting = await submittingOf(request, caller);
      const written = workloads.map((each, index) => writtenOf(each, ['workloads', index]));
      const {batch, items} = await submitBatch(reception, written, {...submitting, batch: batchName(request.batch)});
      return {batch, items: items.map(({id, seq, doubled}) => ({id, seq, doubled}))};
    },
    async CancelBatch(request, {who, actor}) {
      const rows = await cancelAll(reception.coordinator, scopeOf(who), filterOf(request), actor);
      return {items: rows.map(({id, state, wanted}) => ({id, state: stateText(state), wanted: wanted ?? ''}))};
    },
  };

  async function submittingOf(
    request: {readonly customer: string; readonly idempotencyKey: string},
    {who, requestId}: Caller,
  ): Promise<Submitting> {
    const owner = await ownerAsked(who, customer(request.customer), reception);
    return {who, requestId, owner, idempotencyKey: idempotencyKey(request.idempotencyKey)};
  }
}

const writtenOf = (
  {workload, inputs, sent, after, notBefore}: Submission,
  path: readonly (string | number)[],
): WrittenSubmission => ({
  workload: objectOf(workload, [...path, 'workload']),
  inputs,
  ...(sent && {sent: sentFiles(sent, [...path, 'sent'])}),
  ...(after.length > 0 && {after: predecessors(after, [...path, 'after'])}),
  ...(notBefore && {notBefore: timeOf(notBefore, [...path, 'not_before'])}),
});

/** Errors: Refusal 400, too, when nothing is said: everything is not cancelled at once. */
function filterOf(request: CancelBatchRequest): CancelFilter {
  const {ids} = request;
  if (ids.length > MOST_IDS) {
    throw invalidRequest([{code: 'invalid-value', detail: `must have at most ${MOST_IDS} entries`, path: ['ids']}]);
  }
  const given = {
    ids: ids.length > 0 ? ids.map((id, index) => workloadId(id, ['ids', index])) : undefined,
    batch: word(request.batch, 'batch'),
    schedule: word(request.schedule, 'schedule'),
    name: word(request.name, 'name'),
    version: word(request.version, 'version'),
    worker: word(request.worker, 'worker'),
    states: states(request.states),
    labels: labels(request.labels),
  };
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(filter).length > 0) return filter;
  throw invalidRequest([
    {code: 'invalid-value', detail: 'must say which: everything is not cancelled at once', path: []},
  ]);
}
