import {NiyantaError} from '../../../spec/errors.ts';
import type {Session} from '../database.ts';
import type {Accepted, Submission, WorkloadId} from '../store.ts';
import {type Decision, decideCall} from './decide-submissions.ts';
import {findBefore, findEarlier} from './find-before.ts';
import {findKnown} from './find-known.ts';
import {type NewWorkload, writeSubmissions} from './write-submissions.ts';

export type Outcome = {readonly accepted: readonly Accepted[]} | {readonly error: NiyantaError};

/**
 * Accepts what several callers submit, in one transaction: each call whole or not at all. `again`: an earlier try may have
 * been done.
 */
export async function submitAll(
  session: Session,
  calls: readonly (readonly Submission[])[],
  again: boolean,
): Promise<readonly Outcome[]> {
  const all = calls.flat();
  if (session.acceptPlain && !again && all.every(isPlain)) {
    const first = await session.acceptPlain(all);
    const seqs = new Map(all.map(({id}, index) => [id, first + index]));
    return calls.map(call => ({accepted: call.map(({id}) => ({id, seq: seqs.get(id)!, doubled: false}))}));
  }
  const earlier = await findEarlier(session, all);
  const known = await findKnown(session, all, again);
  const news: NewWorkload[] = [];
  const fresh = new Map<string, NewWorkload>();
  const decided = calls.map(call => {
    try {
      return decideCall(call, findBefore(call, earlier), known, fresh, news);
    } catch (error) {
      if (error instanceof NiyantaError) return error;
      throw error;
    }
  });
  const seqs = news.length === 0 ? new Map() : await writeSubmissions(session, news);
  return decided.map(decisions =>
    decisions instanceof NiyantaError ? {error: decisions} : {accepted: decisions.map(each => acceptedOf(each, seqs))},
  );
}

/** Nothing that was there before has a say in what becomes of it. */
export const isPlain = ({workload, after, checkpoint, idempotencyKey}: Submission): boolean =>
  idempotencyKey === undefined && workload.after.length === 0 && !after?.length && checkpoint === undefined;

function acceptedOf(decision: Decision, seqs: ReadonlyMap<WorkloadId, number>): Accepted {
  if (decision.kind === 'known') {
    const {id, seq} = decision.known;
    return {id, seq, doubled: decision.doubled};
  }
  const {id} = decision.workload.submission;
  return {id, seq: seqs.get(id)!, doubled: decision.kind === 'twin'};
}
