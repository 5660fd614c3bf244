import type {z} from 'zod';
import type {CheckpointRow} from '../../coordinator/store/store.ts';
import type {checkpointAnswer} from '../schemas/checkpoint.ts';
import {timeText} from '../schemas/wire.ts';

export const checkpointOf = (row: CheckpointRow): z.output<typeof checkpointAnswer> => ({
  workload: row.workload,
  number: row.number,
  attempt: row.attempt,
  takenAt: timeText(row.takenAt),
  size: row.size,
  sha256: row.sha256,
  progress: row.progress,
  why: row.why,
  stored: row.place.kind === 's3' ? 's3' : 'database',
  corrupt: row.corrupt,
  aside: row.aside,
});
