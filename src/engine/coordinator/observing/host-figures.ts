import {setTimeout as sleep} from 'node:timers/promises';
import {busyBetween, type HostUsage, hostUsageCommand, parseHostUsage} from '../../runtime/host-usage.ts';
import {attemptOf} from '../../runtime/workloads/attempt-spec.ts';
import type {Measures} from '../../telemetry/metrics/index.ts';
import type {GaugeName, GaugeValue} from '../../telemetry/metrics/measures.ts';
import type {Store, WorkloadId} from '../store/store.ts';
import type {PooledWorker, WorkerPool} from '../workers/worker-pool.ts';
import {containerFigures, type Look} from './container-figures.ts';

export interface HostFiguresParts {
  readonly workers: WorkerPool;
  readonly store: Pick<Store, 'workload'>;
  readonly measures: Measures;
  readonly everyMs: number;
}

/** Containers with figures of their own, of all hosts together; those that use most. */
const mostContainers = 50;

/** Asks each host of the pool what it uses, again and again, for whoever reads the metrics. Returns how to stop. */
export function tellHostFigures({workers, store, measures, everyMs}: HostFiguresParts): () => Promise<void> {
  const stopping = new AbortController();
  const {signal} = stopping;
  const looks = new Map<string, Look>();
  const names = new Map<WorkloadId, {readonly name: string; readonly customer: string}>();
  const running = lookAgain();
  const stopTelling = measures.onRead(tell);
  return async () => {
    stopTelling();
    stopping.abort();
    await running;
  };

  async function lookAgain(): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(workers.workers().map(worker => look(worker)));
      await learnNames().catch(() => undefined);
      await sleep(everyMs, undefined, {signal}).catch(() => undefined);
    }
  }

  /** A host that does not answer has no figures: how long it has been silent is told by itself. */
  async function look(worker: PooledWorker): Promise<void> {
    const connection = worker.connection();
    const before = looks.get(worker.name)?.now;
    looks.delete(worker.name);
    if (!connection) return;
    const timeoutMs = Math.max(everyMs, 5000);
    const asked = await connection.run(hostUsageCommand, {timeoutMs, signal}).catch(() => undefined);
    const usage = asked && parseHostUsage(asked.stdout);
    if (usage) looks.set(worker.name, {now: {usage, atMs: performance.now()}, ...(before && {before})});
  }

  async function learnNames(): Promise<void> {
    const there = new Set([...looks.values()].flatMap(({now}) => workloadsIn(now.usage)));
    for (const id of names.keys()) if (!there.has(id)) names.delete(id);
    for (const id of there) {
      if (names.has(id) || signal.aborted) continue;
      const row = await store.workload('everyone', id);
      if (row) names.set(id, {name: row.workload.name, customer: row.customer});
    }
  }

  function tell(): void {
    const of = [...looks];
    const each = <N extends GaugeName>(name: N, value: (look: Look) => number) =>
      measures.replace(name, of.map(([host, look]) => ({labels: {host}, value: value(look)})) as never);
    each('niyanta_host_cpu_cores', ({now}) => now.usage.cpus);
    each('niyanta_host_cpu_busy_ratio', ({now, before}) => (before ? busyBetween(before.usage, now.usage) : 0));
    each('niyanta_host_memory_bytes', ({now}) => now.usage.memory.total);
    each('niyanta_host_memory_available_bytes', ({now}) => now.usage.memory.available);
    each('niyanta_host_disk_bytes', ({now}) => now.usage.disk.total);
    each('niyanta_host_disk_free_bytes', ({now}) => now.usage.disk.free);
    const silent: GaugeValue<'niyanta_host_silent_seconds'>[] = workers
      .workers()
      .map(worker => ({labels: {host: worker.name}, value: worker.silentMs() / 1000}));
    measures.replace('niyanta_host_silent_seconds', silent);
    const {cpu, memory} = containerFigures(looks, names, mostContainers);
    measures.replace('niyanta_container_cpu_cores', cpu);
    measures.replace('niyanta_container_memory_bytes', memory);
  }
}

const workloadsIn = ({containers}: HostUsage): readonly WorkloadId[] =>
  [...containers.keys()].flatMap(id => attemptOf(id)?.workload ?? []);
