import {type Exact, exact, kinds} from './amounts.ts';
import type {Fleet, Holder} from './fleet.ts';

/**
 * How much room could be made on each worker at the most, whoever asks: looked at before anything is counted in full,
 * since most workers are out of reach. `rankOf` says what it takes to stop a holder: -Infinity when it stops anyway,
 * undefined when nobody may.
 */
export class Reach {
  readonly #fleet: Fleet;
  readonly #rankOf: (holder: Holder) => number | undefined;
  readonly #room: Readonly<Record<keyof Exact, Float64Array>>;
  readonly #lowest: Float64Array;

  constructor(fleet: Fleet, rankOf: (holder: Holder) => number | undefined) {
    this.#fleet = fleet;
    this.#rankOf = rankOf;
    const {cpu, memory, gpu, disk} = fleet.free;
    this.#room = {cpu: cpu.slice(), memory: memory.slice(), gpu: gpu.slice(), disk: disk.slice()};
    this.#lowest = new Float64Array(fleet.size);
    for (let index = 0; index < fleet.size; index += 1) this.count(index);
  }

  /** Counts a worker anew, after something changed there. */
  count(index: number): void {
    const {free} = this.#fleet;
    for (const kind of kinds) this.#room[kind][index] = free[kind][index]!;
    this.#lowest[index] = Number.POSITIVE_INFINITY;
    for (const holder of this.#fleet.holders(index)) {
      const rank = this.#rankOf(holder);
      if (rank === undefined) continue;
      this.#lowest[index] = Math.min(this.#lowest[index]!, rank);
      const need = exact(holder.shape.resources);
      for (const kind of kinds) this.#room[kind][index]! += need[kind];
    }
  }

  /** Workers on which somebody could be stopped by `rank`, and that might be enough. */
  workers(need: Exact, rank: number): readonly number[] {
    const found: number[] = [];
    const {cpu, memory, gpu, disk} = this.#room;
    for (let index = 0; index < this.#lowest.length; index += 1) {
      if (this.#lowest[index]! > rank) continue;
      const isEnough =
        (need.cpu === 0 || need.cpu <= cpu[index]!) &&
        (need.memory === 0 || need.memory <= memory[index]!) &&
        (need.gpu === 0 || need.gpu <= gpu[index]!) &&
        (need.disk === 0 || need.disk <= disk[index]!);
      if (isEnough) found.push(index);
    }
    return found;
  }
}
