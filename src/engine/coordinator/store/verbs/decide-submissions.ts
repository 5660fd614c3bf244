import {UserError} from '../../../spec/errors.ts';
import type {WorkloadState} from '../../workload-states.ts';
import {neverStarts, resolveAfter} from '../decisions/after.ts';
import type {Submission, WorkloadId} from '../store.ts';
import type {BeforeOf} from './find-before.ts';
import {contentOf, type Known, type KnownBy, keyOf} from './find-known.ts';
import type {NewWorkload} from './write-submissions.ts';

/** What becomes of a submission: a workload, or one that is there; `twin`: one of the same transaction with its key. */
export type Decision =
  | {readonly kind: 'new' | 'twin'; readonly workload: NewWorkload}
  | {readonly kind: 'known'; readonly known: Known; readonly doubled: boolean};

/**
 * Decides about one call; what it adds goes to `news` and `fresh` (by idempotency key), when all of it is well. Errors:
 * UserError `idempotency-conflict`.
 */
export function decideCall(
  call: readonly Submission[],
  before: BeforeOf,
  known: KnownBy,
  fresh: Map<string, NewWorkload>,
  news: NewWorkload[],
): readonly Decision[] {
  const decisions = new Map<WorkloadId, Decision>();
  const keys = new Map<string, NewWorkload>();
  const byId = new Map(call.map(submission => [submission.id, submission]));

  const decide = (submission: Submission): Decision => {
    const done = decisions.get(submission.id);
    if (done) return done;
    const decision = knownDecision(submission, known, keys, fresh) ?? {kind: 'new', workload: make(submission)};
    if (decision.kind === 'new' && submission.idempotencyKey !== undefined)
      keys.set(keyOf(submission), decision.workload);
    decisions.set(submission.id, decision);
    return decision;
  };

  /** What it waits for of this call is decided first; there are no cycles. */
  const make = (submission: Submission): NewWorkload => {
    const content = submission.idempotencyKey === undefined ? undefined : contentOf(submission);
    const waitsFor: {id: WorkloadId; on: 'success' | 'failure' | 'always'}[] = [];
    let cancelled: string | undefined;
    for (const {id, name, on, state} of before.get(submission.id) ?? []) {
      const near = byId.get(id);
      const stands = near ? standing(decide(near)) : {id, state: state!};
      const resolved = resolveAfter(stands.state, on);
      if (resolved !== 'met') waitsFor.push({id: stands.id, on});
      if (resolved === 'never') cancelled ??= neverStarts({id: stands.id, name}, stands.state, on);
    }
    return {submission, content, waitsFor, cancelled};
  };

  const all = call.map(decide);
  for (const decision of all) if (decision.kind === 'new') news.push(decision.workload);
  for (const [key, workload] of keys) fresh.set(key, workload);
  return all;
}

function standing(decision: Decision): {id: WorkloadId; state: WorkloadState} {
  if (decision.kind === 'known') return decision.known;
  const {submission, cancelled} = decision.workload;
  return {id: submission.id, state: cancelled === undefined ? 'PENDING' : 'CANCELLED'};
}

function knownDecision(
  submission: Submission,
  known: KnownBy,
  keys: ReadonlyMap<string, NewWorkload>,
  fresh: ReadonlyMap<string, NewWorkload>,
): Decision | undefined {
  const own = known.id.get(submission.id);
  if (own) return {kind: 'known', known: own, doubled: false};
  if (submission.idempotencyKey === undefined) return undefined;
  const key = keyOf(submission);
  const stored = known.key.get(key);
  const twin = keys.get(key) ?? fresh.get(key);
  if (!stored && !twin) return undefined;
  if ((stored ?? twin)!.content !== contentOf(submission)) throw conflict(submission);
  return stored ? {kind: 'known', known: stored, doubled: true} : {kind: 'twin', workload: twin!};
}

const conflict = ({idempotencyKey, workload}: Submission) =>
  new UserError({
    code: 'idempotency-conflict',
    message: `the idempotency key ${idempotencyKey} was used for another content than this of ${workload.name}`,
    hint: 'Use a new key for a new workload; the same key only to repeat the same request.',
  });
