import type {Service} from '../../spec/stack.ts';
import type {ContainerDraft, ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';

/**
 * Holds the updates of one service within maxSurge and maxUnavailable, as chains: each replacement waits for the one
 * a window before it, so that at most a window of them is under way. `recreate` stops every old one first.
 */
export function roll(graph: OperationGraph, service: Service, steps: readonly ReplicaSteps[]): void {
  const replacing = steps.flatMap(({main}) => (main?.how === 'replace' ? [main] : []));
  if (service.update.strategy === 'recreate' && replacing.length > 1) {
    recreate(graph, replacing);
    return;
  }
  const {maxSurge, maxUnavailable} = service.update;
  // One order after the other: both at once would use both bounds at once.
  const startFirst = replacing.filter(({order}) => order === 'start-first');
  const stopFirst = replacing.filter(({order}) => order === 'stop-first');
  chain(graph, startFirst, Math.max(1, maxSurge));
  chain(graph, stopFirst, Math.max(1, maxUnavailable));
  for (const {id} of stopFirst) for (const {id: other} of startFirst) graph.wait(id, other);
  const arriving = steps.flatMap(({main}) => (main?.how === 'create' || main?.how === 'start' ? [main.id] : []));
  for (const {id} of replacing) graph.prefer(id, arriving);
}

function chain(graph: OperationGraph, operations: readonly ContainerDraft[], window: number): void {
  operations.forEach(({id}, index) => {
    const before = operations[index - window];
    if (before) graph.wait(id, before.id);
  });
}

/** Every old one stops before any new one starts. */
function recreate(graph: OperationGraph, replacing: readonly ContainerDraft[]): void {
  const stops = replacing.flatMap(main =>
    splitOff(graph, main, 'update.strategy is recreate: all stop before any starts'),
  );
  for (const {id} of replacing) for (const stop of stops) graph.wait(id, stop);
}

/** Parts a replacement in two: removals of the old ones, which run before; and the creation of the new one. */
export function splitOff(graph: OperationGraph, main: ContainerDraft, reason: string): readonly string[] {
  const stops = main.previous.map(
    ({host, id}): ContainerDraft => ({
      id: `container:${host}:${main.service}-${main.replica}:remove:${id}`,
      kind: 'container',
      action: 'delete',
      how: 'delete',
      service: main.service,
      replica: main.replica,
      host,
      reason,
      changes: [],
      previous: [{host, id}],
      order: 'stop-first',
    }),
  );
  graph.change({
    ...main,
    how: 'create',
    order: 'stop-first',
    previous: [],
  });
  for (const stop of stops) {
    graph.add(stop);
    graph.wait(stop.id, `host:${stop.host}`);
    graph.wait(main.id, stop.id);
  }
  return stops.map(({id}) => id);
}
