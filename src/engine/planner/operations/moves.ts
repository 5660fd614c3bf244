import type {PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {splitOff} from './rolling.ts';

/**
 * Makes the volume that moves on its new host out of the one on the old: after those that use it have stopped, before
 * they start again. The old data is not touched: it is what a failure goes back to.
 */
export function moveVolume(
  graph: OperationGraph,
  {options: {move}}: Pick<PlanInput, 'options'>,
  steps: readonly ReplicaSteps[],
): void {
  if (!move) return;
  const id = `volume:${move.to}:${move.volume}`;
  const making = graph.get(id);
  if (making?.kind !== 'volume') return;
  graph.change({...making, from: move.from, reason: `moves from ${move.from}`});
  const images = graph.ids().filter(other => other.startsWith(`image:${move.to}:`));
  for (const {main} of steps) {
    const now = main && graph.get(main.id);
    if (now?.kind !== 'container' || !now.spec?.volumes.some(({volume}) => volume === move.volume)) continue;
    const stops = now.how === 'replace' ? splitOff(graph, now, `its volume ${move.volume} moves to ${move.to}`) : [];
    for (const stop of stops) {
      graph.wait(id, stop);
      // What can be brought there while it still runs does not make the interruption longer.
      graph.prefer(stop, images);
    }
  }
}
