import type {Why as QueueWhy} from '../scheduler/queue/index.ts';
import type {Why} from './coordinator.ts';
import type {WorkloadRow} from './store/store.ts';
import {hasEnded} from './workload-states.ts';

/** Why a workload is where it is: by its row, and of one that waits for its turn by what the queue of the leader says. */
export function explainWhy(row: WorkloadRow, queued: QueueWhy | undefined, now: number): Why {
  const waits = waitsOf(row, now);
  const asks = queued !== undefined && waits.length === 0 && (row.state === 'PENDING' || row.state === 'RETRYING');
  const because = asks ? queued.text : (row.reason ?? waits[0]);
  const where = row.worker !== undefined && !hasEnded(row.state) ? ` on ${row.worker}` : '';
  return {
    id: row.id,
    state: row.state,
    text: `${row.state}${where}${because === undefined ? '' : `: ${because}`}`,
    waits,
    rejected: asks ? queued.rejected : [],
    ...(asks && queued.place && {position: queued.place.position}),
  };
}

function waitsOf(row: WorkloadRow, now: number): readonly string[] {
  if (hasEnded(row.state)) return [];
  return [
    ...row.waitsFor.map(({id, on}) => `after ${id} (${on})`),
    ...(row.notBefore !== undefined && row.notBefore > now
      ? [`not before ${new Date(row.notBefore).toISOString()}`]
      : []),
    ...(row.wanted === undefined ? [] : [`${row.wanted} was asked for`]),
  ];
}
