import type {HostName} from '../../spec/stack.ts';
import {isNameOf} from '../checkpoints/checkpoint-name.ts';
import type {Store} from '../store/store.ts';
import type {AgentTerm} from '../workers/agent.ts';
import {type AttemptRef, read, type Said, type SaidAnswer, said} from './messages.ts';
import type {Whole} from './parts.ts';
import type {PooledAgent} from './pooled-agent.ts';

export interface CountParts {
  readonly store: Store;
  readonly term: AgentTerm;
  readonly agent: PooledAgent | undefined;
  /** It was none of ours. */
  readonly drop: (why: string) => void;
  readonly signal: AbortSignal;
}

/** Writes what a worker said to the database. Undefined: this coordinator must not, since it does not lead any more. */
export async function countSaid(
  worker: HostName,
  {kind, content}: Pick<Whole, 'kind' | 'content'>,
  parts: CountParts,
): Promise<SaidAnswer['answer'] | undefined> {
  if (!parts.term.leadership()) return undefined;
  if (kind === 'content') {
    await parts.store.putBlob(content);
    return 'counted';
  }
  const what = read(said, content);
  if (!what) {
    parts.drop('is nothing that a worker says');
    return 'refused';
  }
  const answer = await count(worker, what, parts);
  if (parts.signal.aborted) return undefined;
  const {workload, attempt, lease} = what.of;
  const assigned = parts.agent?.assigned(workload, attempt);
  // Over, or not its own any more: the leader's row was an old one then.
  if (assigned?.row.lease === lease && (what.kind === 'end' || (what.kind === 'state' && answer === 'fenced')))
    assigned.told();
  return answer;
}

async function count(worker: HostName, what: Said, parts: CountParts): Promise<SaidAnswer['answer']> {
  const {store, term, agent, signal} = parts;
  const {workload, attempt} = what.of;
  switch (what.kind) {
    case 'state': {
      const {of, to, progress, restoredFrom} = what;
      const answer = await term.report({...of, worker, to, progress, restoredFrom}, signal);
      if (answer === 'counted' && to === 'RUNNING') agent?.assigned(workload, attempt)?.runs();
      return answer;
    }
    case 'end': {
      const row = await rowOf(worker, what.of, store);
      const {end, progress, restoredFrom} = what;
      return row ? await term.ended(row, end, {progress, restoredFrom}, signal) : 'fenced';
    }
    case 'checkpoint': {
      if (!(await rowOf(worker, what.of, store))) return 'fenced';
      const {place} = what.checkpoint;
      // Else what is another's could be read as its own, and be removed with it.
      if (place.kind === 's3' && !isNameOf(what.of, place.key)) return 'refused';
      const {outcome, dropped} = await store.addCheckpoint({...what.of, ...what.checkpoint}, what.keep);
      await term.keeper.drop(dropped);
      const taken = (await store.checkpoints('everyone', workload)).find(
        ({number}) => number === what.checkpoint.number,
      );
      if (taken) term.onCheckpoint(taken);
      return outcome;
    }
    case 'corrupt':
      if (!(await rowOf(worker, what.of, store))) return 'fenced';
      await store.markCorrupt(workload, what.number, what.reason);
      return 'counted';
  }
}

/** Its row, as long as the attempt is this worker's. */
async function rowOf(worker: HostName, {workload, attempt, lease}: AttemptRef, store: Store) {
  const row = await store.workload('everyone', workload);
  return row?.worker === worker && row.attempt === attempt && row.lease === lease ? row : undefined;
}
