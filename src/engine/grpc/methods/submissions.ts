import {invalidRequest, ownerAsked, scopeOf} from '../../coordinator/access/index.ts';
import type {Log} from '../../coordinator/log.ts';
import {type CancelFilter, cancelAll} from '../../coordinator/requests/cancel-all.ts';
import type {Variant} from '../../coordinator/requests/read-variants.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {
  type Submitting,
  submitBatch,
  submitOne,
  type WrittenSubmission,
} from '../../coordinator/requests/submissions.ts';
import {submitSplit} from '../../coordinator/requests/submit-split.ts';
import {traceparentOf} from '../../telemetry/tracing/index.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {CancelBatchRequest, Submission, SubmitSplitRequest} from '../messages.d.ts';
import {
  batchName,
  customer,
  idempotencyKey,
  labels,
  states,
  stateText,
  word,
  workloadId,
  wrong,
} from '../wire/read-fields.ts';
import {predecessors, sentFiles} from '../wire/read-submission.ts';
import {objectOf, timeOf} from '../wire/well-known.ts';

const MOST = 10_000;
const MOST_IDS = 1000;
const MOST_VARIANTS = 20;

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

function variantsOf(variants: SubmitSplitRequest['variants']): readonly Variant[] {
  if (variants.length < 2 || variants.length > MOST_VARIANTS) {
    throw wrong(['variants'], `must have 2 to ${MOST_VARIANTS} entries`);
  }
  const read = variants.map(({submission, weight}, index) => {
    const path = ['variants', index];
    if (!(weight >= 0 && weight <= 1_000_000)) throw wrong([...path, 'weight'], 'must be between 0 and 1,000,000');
    if (!submission)
      throw invalidRequest([{code: 'missing', detail: 'is required and missing', path: [...path, 'submission']}]);
    return {submission: writtenOf(submission, [...path, 'submission']), weight};
  });
  if (read.every(({weight}) => weight === 0)) throw wrong(['variants'], 'need one with a weight above 0');
  return read;
}

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
