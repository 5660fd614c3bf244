import type {Connection} from '../../hosts/index.ts';
import {observe} from '../../runtime/observe.ts';
import type {Session} from '../../session.ts';
import type {WorkerScaling} from '../../spec/server/worker-scaling-schema.ts';
import {secretNames} from '../../state/secret-references.ts';
import {systemClock} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Duty} from '../duty.ts';
import type {Log} from '../log.ts';
import type {Store} from '../store/store.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import {callHook, type Hook} from './call-hook.ts';
import {WorkerScalingDuty} from './worker-scaling-duty.ts';

const lookMs = 10_000;

interface Around {
  readonly store: Store;
  readonly session: Session;
  readonly pool: WorkerPool;
  readonly settings: CoordinatorSettings;
  readonly log: Log;
}

/** The leader's duty to have workers added and removed, as the settings say. */
export function openWorkerScaling(scaling: WorkerScaling, {store, session, pool, settings, log}: Around): Duty {
  const {min, max, every, wait, idle, cooldown, timeout} = scaling;
  const hook = hookOf(scaling, session);
  return new WorkerScalingDuty({
    rule: {min, max, waitMs: wait, idleMs: idle, cooldownMs: cooldown},
    everyMs: every,
    store,
    pool,
    silence: settings.silence,
    carriesStacks: worker => carriesStacks(pool.worker(worker)?.connection()),
    call: (wish, signal) => callHook(hook, wish, AbortSignal.any([signal, AbortSignal.timeout(timeout)])),
    clock: systemClock,
    log,
  });
}

/** Replicas, or a proxy. A worker that is reached without a connection of ours carries workloads alone. */
async function carriesStacks(connection: Connection | undefined): Promise<boolean> {
  if (!connection) return false;
  try {
    const {containers, proxy} = await observe(connection, {drained: false, signal: AbortSignal.timeout(lookMs)});
    return containers.length > 0 || proxy !== undefined;
  } catch {
    return true;
  }
}

function hookOf({command, url, token}: WorkerScaling, {secrets, project}: Session): Hook {
  if (command) return {kind: 'command', argv: command, directory: project.directory};
  const [name] = secretNames([token ?? '']);
  return {
    kind: 'url',
    url: url!,
    async token() {
      if (name === undefined) return undefined;
      const value = (await secrets.values([name])).get(name);
      return typeof value === 'string' ? value : value && Buffer.from(value).toString();
    },
  };
}
