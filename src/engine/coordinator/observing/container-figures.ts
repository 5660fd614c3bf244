import type {HostUsage} from '../../runtime/host-usage.ts';
import {attemptOf} from '../../runtime/workloads/attempt-spec.ts';
import type {GaugeValue} from '../../telemetry/metrics/measures.ts';
import type {WorkloadId} from '../store/store.ts';

/** The last look at a host, and the one before. */
export interface Look {
  readonly now: {readonly usage: HostUsage; readonly atMs: number};
  readonly before?: {readonly usage: HostUsage; readonly atMs: number};
}

/** What containers of workloads use: the first `most` by memory by name, the others of a host together. */
export function containerFigures(
  looks: ReadonlyMap<string, Look>,
  names: ReadonlyMap<WorkloadId, {readonly name: string; readonly customer: string}>,
  most: number,
): {
  readonly cpu: readonly GaugeValue<'niyanta_container_cpu_cores'>[];
  readonly memory: readonly GaugeValue<'niyanta_container_memory_bytes'>[];
} {
  const all = [...looks].flatMap(([host, {now, before}]) =>
    [...now.usage.containers].flatMap(([id, usage]) => {
      const of = attemptOf(id);
      if (!of) return [];
      const earlier = before?.usage.containers.get(id)?.cpuSeconds;
      const seconds = before ? (now.atMs - before.atMs) / 1000 : 0;
      const cores = earlier === undefined || seconds <= 0 ? 0 : Math.max(0, usage.cpuSeconds - earlier) / seconds;
      return [{host, of: names.get(of.workload), cores, memory: usage.memory}];
    }),
  );
  const ranked = all.sort((one, other) => other.memory - one.memory);
  const labelled = ranked.map(({host, of, cores, memory}, index) => {
    const own = of !== undefined && index < most;
    const labels = {host, customer: own ? of.customer : 'other', workload: own ? of.name : 'other'};
    return {labels, cores, memory};
  });
  return {
    cpu: labelled.map(({labels, cores}) => ({labels, value: cores})),
    memory: labelled.map(({labels, memory}) => ({labels, value: memory})),
  };
}
