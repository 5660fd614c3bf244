import {clash} from '../../scheduler/ledger.ts';
import type {PublishedPort} from '../../spec/stack.ts';
import type {ContainerDraft, ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {splitOff} from './rolling.ts';

interface Held {
  readonly host: string;
  readonly container: string;
  readonly ports: readonly PublishedPort[];
  /** What ends it: a removal, or the operation that replaces it. */
  readonly by: ContainerDraft;
}

/**
 * A port that passes from one replica to another is free before it is taken. Where two replicas wait for each other
 * (they swap ports, or one needs the other), the one that gives is parted: its old container goes before all.
 */
export function handOverPorts(graph: OperationGraph, steps: readonly ReplicaSteps[]): void {
  const held = steps.flatMap(heldPorts);
  for (const {main} of steps) {
    if (!main?.spec || main.how === 'manifest') continue;
    for (const port of main.spec.ports) {
      for (const giver of held) {
        if (giver.host !== main.host || giver.by.id === main.id) continue;
        if (giver.ports.some(other => clash(port, {...other, port: other.host}))) waitForPort(graph, main, giver);
      }
    }
  }
}

function heldPorts({sorted: {replica}, main, removals}: ReplicaSteps): readonly Held[] {
  return [replica.current, ...replica.extras].flatMap(own => {
    const by = [...removals, ...(main ? [main] : [])].find(operation =>
      operation.previous.some(({host, id}) => host === own?.host && id === own.id),
    );
    const ports = own?.manifest?.spec.ports ?? [];
    return own && by && ports.length > 0 ? [{host: own.host, container: own.id, ports, by}] : [];
  });
}

function waitForPort(graph: OperationGraph, taker: ContainerDraft, giver: Held): void {
  const removal = `container:${giver.host}:${giver.by.service}-${giver.by.replica}:remove:${giver.container}`;
  if (graph.get(removal)) {
    graph.wait(taker.id, removal);
  } else if (!graph.leads(taker.id, giver.by.id)) {
    graph.wait(taker.id, giver.by.id);
  } else {
    splitOff(graph, giver.by, 'its port passes to another replica');
    graph.wait(taker.id, removal);
  }
}
