import type {
  ChangeRow,
  BundleRow as KeptBundle,
  EnvironmentRow as Row,
} from '../../coordinator/environments/environments.ts';
import type {LogRecord} from '../../log-sources.ts';
import type {Plan as PlannedChanges} from '../../planner/plan.ts';
import type {ShownReplicas} from '../../show-replicas.ts';
import type {HistoryEntry as Entry} from '../../state/lock-file.ts';
import type {
  Bundle,
  Change,
  Environment,
  HistoryEntry,
  Plan,
  ReplicaLine,
  ListReplicasResponse as Replicas,
} from '../messages.d.ts';
import {optionalTimestamp, structOf, timestampOf} from './well-known.ts';

export const bundleOf = (row: KeptBundle): Bundle => {
  const {sha256, project, environment, stack, files, bytes, keptAt} = row;
  return {sha256, project, environment, stack, files, bytes, keptAt: timestampOf(keptAt)};
};

export const planOf = (plan: PlannedChanges): Plan => ({
  serial: plan.serial,
  fingerprint: plan.fingerprint,
  plan: structOf(JSON.parse(JSON.stringify(plan))),
});

export const environmentOf = (row: Row): Environment => ({
  id: row.id,
  customer: row.customer,
  project: row.project,
  environment: row.environment,
  stack: row.stack,
  bundle: row.bundle,
  condition: row.condition,
  reason: row.reason ?? '',
  conditionSince: timestampOf(row.conditionSince),
  healing: row.healing,
  newestChange: row.newestChange,
  services: row.services.map(({service, wanted, good}) => ({service, wanted, good})),
  revision: row.revision,
  lookedAt: optionalTimestamp(row.lookedAt),
  createdAt: timestampOf(row.createdAt),
  changedAt: timestampOf(row.changedAt),
});

export const changeOf = (row: ChangeRow): Change => {
  const {outcome} = row;
  return {
    environment: row.environment,
    number: row.number,
    kind: row.kind,
    bundle: row.bundle ?? '',
    options: structOf({...row.options}),
    actor: {name: row.actor.name, request: row.actor.request ?? ''},
    state: row.state,
    askedAt: timestampOf(row.askedAt),
    startedAt: optionalTimestamp(row.startedAt),
    endedAt: optionalTimestamp(row.endedAt),
    outcome: outcome
      ? {
          result: outcome.result,
          serial: outcome.serial ?? 0,
          summary: outcome.summary ?? '',
          errorCode: outcome.error?.code ?? '',
          errorMessage: outcome.error?.message ?? '',
          errorHint: outcome.error?.hint ?? '',
          leftovers: outcome.leftovers ?? [],
        }
      : null,
  };
};

/** What `niyanta ps --json` prints of each is beside what is promised of it. */
export const replicasOf = ({stack, environment: _, state, why, replicas, unreachable}: ShownReplicas): Replicas => ({
  stack,
  state,
  why,
  replicas: replicas.map(each => {
    const {service, replica, host, state: its, health, restarts, image} = each;
    const all = structOf(JSON.parse(JSON.stringify(each)));
    return {service, replica, host, state: its, health, restarts, image, all};
  }),
  unreachable: unreachable.map(({host, error}) => ({host, error})),
});

/** Without the stack itself: it is the coordinator's, for rollbacks. */
export const historyOf = ({serial, at, who, action, outcome, summary}: Entry): HistoryEntry => ({
  serial,
  at,
  who,
  action,
  outcome,
  summary,
});

export const replicaLineOf = ({at, service, replica, host, stream, text}: LogRecord): ReplicaLine => ({
  at,
  service,
  replica,
  host,
  stream,
  text,
});
