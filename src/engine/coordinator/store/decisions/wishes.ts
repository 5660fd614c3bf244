import {hasEnded, holdsPlace, type WorkloadState} from '../../workload-states.ts';
import type {Wish, WorkloadRow} from '../store.ts';

/** What becomes of a wish. */
export type WishAnswer =
  /** It is so at once: nothing runs that would have to be told. */
  | {readonly kind: 'now'; readonly to: WorkloadState; readonly reason: string}
  /** Kept for the leader, who tells the worker; undefined takes back what was wanted before. */
  | {readonly kind: 'wanted'; readonly wanted: 'cancel' | 'pause' | undefined}
  /** It is so already. */
  | {readonly kind: 'nothing'}
  | {readonly kind: 'refused'; readonly why: string};

/** What a wish does in which state. */
export function answerWish(row: Pick<WorkloadRow, 'state' | 'wanted'>, wish: Wish): WishAnswer {
  switch (wish) {
    case 'cancel':
      if (row.state === 'CANCELLED' || row.wanted === 'cancel') return nothing;
      if (hasEnded(row.state)) return refused(`it is ${row.state}`);
      if (holdsPlace(row.state)) return {kind: 'wanted', wanted: 'cancel'};
      return {kind: 'now', to: 'CANCELLED', reason: 'cancelled'};
    case 'pause':
      if (row.state === 'PAUSED' || row.wanted === 'pause') return nothing;
      if (hasEnded(row.state)) return refused(`it is ${row.state}`);
      if (row.wanted === 'cancel') return refused('it is being cancelled');
      if (holdsPlace(row.state)) return {kind: 'wanted', wanted: 'pause'};
      return {kind: 'now', to: 'PAUSED', reason: 'paused'};
    case 'resume':
      if (row.state === 'PAUSED') return {kind: 'now', to: 'PENDING', reason: 'resumed'};
      if (row.wanted === 'pause') return {kind: 'wanted', wanted: undefined};
      return refused(`it is ${row.state}, not PAUSED`);
    case 'retry':
      if (row.state === 'RETRYING') return {kind: 'now', to: 'PENDING', reason: 'tried again at once'};
      if (row.state === 'FAILED' || row.state === 'CANCELLED')
        return {kind: 'now', to: 'PENDING', reason: 'tried again'};
      return refused(`it is ${row.state}, neither FAILED nor CANCELLED`);
  }
}

const nothing: WishAnswer = {kind: 'nothing'};
const refused = (why: string): WishAnswer => ({kind: 'refused', why});
