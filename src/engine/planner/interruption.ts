import type {Service} from '../spec/stack.ts';
import type {ReplicaSteps} from './operations/container-operations.ts';
import {isRunning} from './ownership.ts';
import type {Interruption, Operation} from './plan.ts';

/** What a well-behaved container takes to stop, and to start until its first health check, in milliseconds. */
const stopMs = 1000;
const startMs = 500;

/**
 * Services that will not answer for a while: all replicas of one host are down at once. Counted by host, because
 * names and published ports reach no further.
 */
export function interruptions(
  services: readonly Service[],
  steps: readonly ReplicaSteps[],
  operations: readonly Operation[],
): readonly Interruption[] {
  const parted = new Set(operations.flatMap(one => (one.kind === 'container' && one.how === 'create' ? [one.id] : [])));
  return services.flatMap((service): Interruption[] => {
    const mine = steps.filter(({sorted: {replica}}) => replica.service === service.name);
    const running = mine.filter(({sorted: {replica}}) => replica.current && isRunning(replica.current));
    const down = running.filter(({main}) => main?.how === 'replace' && main.order === 'stop-first');
    const atOnce = down.some(({main}) => parted.has(main!.id))
      ? down.length
      : Math.max(1, service.update.maxUnavailable);
    const hosts = new Set(down.map(({sorted: {replica}}) => replica.current!.host));
    const silent = [...hosts].some(host => {
      const there = (list: readonly ReplicaSteps[]) =>
        list.filter(({sorted: {replica}}) => replica.current!.host === host).length;
      return Math.min(there(down), atOnce) === there(running);
    });
    if (!silent) return [];
    const {graceMs} = service.stop;
    const starting = startMs + (service.health?.intervalMs ?? 0);
    return [
      {
        service: service.name,
        expectedMs: Math.min(graceMs, stopMs) + starting,
        atMostMs: graceMs + starting,
        because: down[0]!.stopsBecause ?? 'the old one stops before the new one starts',
      },
    ];
  });
}
