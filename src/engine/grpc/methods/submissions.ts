import {invalidRequest, ownerAsked, scopeOf} from '../../coordinator/access/index.ts';
import type {Log} from '../../coordinator/log.ts';
import {type CancelFilter, cancelAll} from '../../coordinator/requests/cancel-all.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {type Submitting, submitBatch, submitOne} from '../../coordinator/requests/submissions.ts';
import {submitSplit} from '../../coordinator/requests/submit-split.ts';
import {traceparentOf} from '../../telemetry/tracing/index.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {CancelBatchRequest} from '../messages.d.ts';
import {batchName, customer, idempotencyKey, labels, states, stateText, word, workloadId} from '../wire/read-fields.ts';
import {variantsOf, writtenOf} from '../wire/read-submission.ts';

const MOST = 10_000;
const MOST_IDS = 1000;

export function submissionMethods(
  reception: Reception,
  log: Log,
): Pick<Methods, 'SubmitWorkload' | 'SubmitBatch' | 'SubmitSplit' | 'CancelBatch'> {
  return {
    async SubmitWorkload(request, caller) {
      const submitting = await submittingOf(request, caller);
      const {id, seq, doubled} = await submitOne(reception, writtenOf(request, []), submitting);
      log.info({...linked(caller), workload: id, doubled}, 'a workload was accepted');
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
      log.info({...linked(caller), batch, workloads: items.length}, 'a batch of workloads was accepted');
      return {batch, items: items.map(({id, seq, doubled}) => ({id, seq, doubled}))};
    },
    async SubmitSplit(request, caller) {
      const submitting = await submittingOf(request, caller);
      const key = word(request.key, 'key');
      const {version = '', ...accepted} = await submitSplit(reception, variantsOf(request.variants), {
        ...submitting,
        ...(key !== undefined && {key}),
      });
      return {accepted: {id: accepted.id, seq: accepted.seq, doubled: accepted.doubled}, version};
    },
    async CancelBatch(request, {who, actor}) {
      const rows = await cancelAll(reception.coordinator, scopeOf(who), filterOf(request), actor);
      return {items: rows.map(({id, state, wanted}) => ({id, state: stateText(state), wanted: wanted ?? ''}))};
    },
  };

  async function submittingOf(
    request: {readonly customer: string; readonly idempotencyKey: string},
    {who, requestId, trace}: Caller,
  ): Promise<Submitting> {
    const owner = await ownerAsked(who, customer(request.customer), reception);
    return {
      who,
      requestId,
      ...(trace && {traceparent: traceparentOf(trace)}),
      owner,
      idempotencyKey: idempotencyKey(request.idempotencyKey),
    };
  }
}

/** By which lines of one request are found. */
const linked = ({requestId, trace}: Caller) => ({requestId, ...(trace && {traceId: trace.traceId})});

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
