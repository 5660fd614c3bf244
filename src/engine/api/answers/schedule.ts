import type {z} from 'zod';
import type {ScheduleRow} from '../../coordinator/store/store.ts';
import type {scheduleAnswer} from '../schemas/schedule.ts';
import {timeText} from '../schemas/wire.ts';

export const scheduleOf = (row: ScheduleRow): z.output<typeof scheduleAnswer> => ({
  id: row.id,
  customer: row.customer,
  name: row.workload.name,
  cron: row.rule.cron,
  timeZone: row.rule.timeZone,
  missed: row.rule.missed,
  suspended: row.suspended,
  createdAt: timeText(row.createdAt),
  firedUntil: timeText(row.firedUntil),
  spec: {...row.workload},
  ...(row.versions && {
    versions: row.versions.map(({workload: {version}, weight}) => ({...(version !== undefined && {version}), weight})),
  }),
  inputs: {...row.inputs},
});
