import {OutsideError} from '../spec/errors.ts';
import type {LeaderRow, WorkloadId} from './store/store.ts';

export const stopsNow = (): OutsideError =>
  new OutsideError({code: 'stopping', message: 'this coordinator stops', hint: 'Ask again.', transient: true});

/** Of what only the one can do that carries a workload out. */
export function carriedOutElsewhere(id: WorkloadId, leader: LeaderRow | undefined): OutsideError {
  const where = leader ? `coordinator ${leader.coordinator}${leader.address ? ` at ${leader.address}` : ''}` : 'none';
  return new OutsideError({
    code: 'not-leading',
    message: `workload ${id} is carried out by the leading coordinator, ${where}`,
    hint: leader?.address ? `Ask that one: --server ${leader.address}` : 'Ask again: one is being elected.',
    transient: true,
  });
}
