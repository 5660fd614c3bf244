import type {z} from 'zod';
import type {BundleRow, ChangeRow, EnvironmentRow} from '../../coordinator/environments/environments.ts';
import type {HistoryEntry} from '../../state/lock-file.ts';
import type {bundleAnswer, changeAnswer, environmentAnswer, historyEntry} from '../schemas/environment.ts';
import {timeText} from '../schemas/wire.ts';

export const bundleOf = (row: BundleRow): z.output<typeof bundleAnswer> => {
  const {sha256, project, environment, stack, files, bytes, keptAt} = row;
  return {sha256, project, environment, stack, files, bytes, keptAt: timeText(keptAt)};
};

export const environmentOf = (row: EnvironmentRow): z.output<typeof environmentAnswer> => ({
  id: row.id,
  customer: row.customer,
  project: row.project,
  environment: row.environment,
  stack: row.stack,
  bundle: row.bundle,
  condition: row.condition,
  reason: row.reason,
  conditionSince: timeText(row.conditionSince),
  healing: row.healing,
  newestChange: row.newestChange,
  revision: row.revision,
  services: row.services.map(({service, wanted, good}) => ({service, wanted, good})),
  lookedAt: row.lookedAt === undefined ? undefined : timeText(row.lookedAt),
  createdAt: timeText(row.createdAt),
  changedAt: timeText(row.changedAt),
});

export const changeOf = (row: ChangeRow): z.output<typeof changeAnswer> => {
  const {outcome} = row;
  return {
    environment: row.environment,
    number: row.number,
    kind: row.kind,
    bundle: row.bundle,
    options: {...row.options},
    actor: {name: row.actor.name, request: row.actor.request},
    state: row.state,
    askedAt: timeText(row.askedAt),
    startedAt: row.startedAt === undefined ? undefined : timeText(row.startedAt),
    endedAt: row.endedAt === undefined ? undefined : timeText(row.endedAt),
    outcome: outcome && {
      result: outcome.result,
      serial: outcome.serial,
      summary: outcome.summary,
      error: outcome.error && {...outcome.error},
      leftovers: outcome.leftovers && [...outcome.leftovers],
    },
  };
};

/** Without the stack itself: it is the coordinator's, for rollbacks. */
export const historyOf = ({stack: _, images: __, ...entry}: HistoryEntry): z.output<typeof historyEntry> => ({
  ...entry,
});
