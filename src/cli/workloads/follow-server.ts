import {setTimeout as after} from 'node:timers/promises';
import {type ApiClient, answerOf, type Schemas} from '../../engine/client/api-client.ts';
import {followLog} from '../../engine/client/follow-log.ts';
import type {WorkloadNow} from '../../engine/view/workload-view.ts';
import type {FollowSource} from './follow-workloads.ts';

/** From one look to the next. */
const LOOK_MS = 500;

/** Workloads of a server. */
export const followServer = (client: ApiClient, ids: readonly string[], signal: AbortSignal): FollowSource => ({
  look: () => Promise.all(ids.map(async id => nowOf(await workloadOf(client, id)))),
  changed: () => after(LOOK_MS),
  lines: id => followLog(client, id, {signal}),
});

/** Errors: UserError `not-found`. */
export const workloadOf = (client: ApiClient, id: string): Promise<Schemas['Workload']> =>
  answerOf(client.api.GET('/v1/workloads/{id}', {params: {path: {id}}}));

export function nowOf(answer: Schemas['WorkloadSummary']): WorkloadNow {
  const {id, name, version, state, attempt, worker, reason, exitCode, startedAt, endedAt} = answer;
  return {
    id,
    name,
    ...(version !== undefined && {version}),
    state,
    attempt,
    ...(worker !== undefined && {worker}),
    ...(reason !== undefined && {reason}),
    ...(exitCode !== undefined && {exitCode}),
    ...(startedAt !== undefined && {startedAt: Date.parse(startedAt)}),
    ...(endedAt !== undefined && {endedAt: Date.parse(endedAt)}),
  };
}
