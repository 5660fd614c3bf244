import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../hosts/connection.ts';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import {parseTaskEnd, type TaskEnd, taskEndOf} from '../runtime/exit-code.ts';
import {exitReason} from '../runtime/exit-reason.ts';
import {type CheckResult, checkHealth} from '../runtime/health-check.ts';
import {afterCheck, unknownHealth} from '../runtime/health-tracker.ts';
import {OutsideError} from '../spec/errors.ts';
import type {Health} from '../spec/stack.ts';
import type {StepContext} from './actions.ts';
import type {TaskWatch} from './task-watch.ts';

/** Without a health check, a container that ran this long counts as started. Milliseconds. */
const settledMs = 500;
/** How often the task is looked at, and a container that starts is asked: sooner than its interval, so that deploys are quick. */
const lookMs = 150;

/** So many looks in which a task is neither seen to run nor to have ended count as ended. */
const looksForUnseen = 4;

export interface HealthWait {
  readonly connection: Connection;
  readonly tasks: TaskWatch;
  readonly spec: ContainerSpec;
  /** Made by this run: it has been started once. */
  readonly made: boolean;
  readonly now: () => number;
  readonly context: StepContext;
}

/**
 * Waits until a container is healthy, or, without a check, has settled. Errors: OutsideError `container-exited` when
 * it ended meanwhile, `unhealthy` with what the last check said.
 */
export async function waitHealthy(wait: HealthWait): Promise<void> {
  const {spec, context, now} = wait;
  const began = now();
  let health = unknownHealth;
  let nextCheck = began;
  let last: CheckResult | undefined;
  let starts = wait.made ? 1 : undefined;
  let unseen = 0;
  // One that answers runs: that is asked over the open connection, what containerd knows costs the host a process.
  if (spec.health && wait.made && (await answersAtOnce(wait.connection, spec, spec.health))) return;
  // Nothing to ask before it may have settled; those of one moment are then asked about together.
  if (!spec.health && wait.made) await sleep(settledMs, undefined, {signal: context.signal});
  for (;;) {
    context.signal.throwIfAborted();
    const task = (await wait.tasks.states(began)).get(spec.id);
    // One that has been restarted some time ago may be waited for as well.
    starts ??= Math.max(1, task?.starts ?? 1);
    if (!task?.running) {
      const {now: ended} = await taskEnd(wait.connection, spec);
      const code = ended?.code;
      // Ending well is what a job is for.
      if (code === 0 && spec.restart !== 'always') return;
      // containerd leaves a task out of its list for a moment when it is busy: neither there nor ended is no verdict.
      if (code !== undefined || ++unseen >= looksForUnseen) throw exited(spec, ended);
      await sleep(lookMs, undefined, {signal: context.signal});
      continue;
    }
    if (task.starts > starts) throw exited(spec, (await taskEnd(wait.connection, spec)).last);
    if (!spec.health) {
      if (now() - began >= settledMs) return;
    } else if (now() >= nextCheck) {
      last = await checkHealth(wait.connection, targetOf(spec, spec.health));
      health = afterCheck(health, last, now() - began, spec.health);
      if (health.verdict === 'healthy') return;
      if (health.verdict === 'unhealthy') throw unhealthy(spec, last);
      context.onProgress(`not healthy yet: ${last.detail}`);
      // Failures count once an interval; before they count, asking more often only finds it healthy sooner.
      const starting = now() - began < spec.health.startPeriodMs;
      nextCheck = now() + (starting ? Math.min(lookMs, spec.health.intervalMs) : spec.health.intervalMs);
    }
    const next = spec.health ? Math.min(lookMs, Math.max(10, nextCheck - now())) : settledMs - (now() - began);
    await sleep(next, undefined, {signal: context.signal});
  }
}

/** Whether a container that has just begun passes its check; that it does not, says nothing yet. */
async function answersAtOnce(connection: Connection, spec: ContainerSpec, health: Health): Promise<boolean> {
  if (health.check.kind === 'exec') return false;
  return (await checkHealth(connection, targetOf(spec, health))).healthy;
}

/** How its task ended: `now` of one that stands ended, `last` of one that the restart monitor has started again since. */
async function taskEnd(connection: Connection, {id}: ContainerSpec): Promise<{now?: TaskEnd; last?: TaskEnd}> {
  const {stdout} = await connection.run(taskEndOf(id), {timeoutMs: 10_000});
  return parseTaskEnd(stdout, id);
}

const exited = (spec: ContainerSpec, end: TaskEnd | undefined): OutsideError =>
  new OutsideError({
    code: 'container-exited',
    message: `${spec.service} ${spec.replica} on ${spec.host} ended right after it started${end ? `: ${exitReason(end, spec.resources.memory)}` : ''}`,
    hint: `Look at what it printed: niyanta logs ${spec.service}. Keep it for a look with: niyanta apply --keep-failed`,
    host: spec.host,
  });

const targetOf = (spec: ContainerSpec, {check, timeoutMs}: Health) => ({
  id: spec.id,
  address: spec.network.address,
  check,
  timeoutMs,
});

const unhealthy = (spec: ContainerSpec, {detail}: CheckResult): OutsideError =>
  new OutsideError({
    code: 'unhealthy',
    message: `${spec.service} ${spec.replica} on ${spec.host} did not become healthy: ${detail}`,
    hint: `See services.${spec.service}.health (startPeriod, retries), and what it printed: niyanta logs ${spec.service}`,
    host: spec.host,
  });
