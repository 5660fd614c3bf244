import type {Exact} from './amounts.ts';
import {kinds} from './amounts.ts';
import type {Fleet} from './fleet.ts';
import type {QueueSettings} from './settings.ts';

/** What one device usually goes with: cores and bytes for each. */
export interface PerGpu {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * How well a worker that fits suits, beside preferences: more is better, within ±100.
 *
 * binpack is best fit (least of everything left over, each kind as a part of the largest worker's) plus a price on
 * devices that the placement strands: devices for which no cores or memory would be left, as workloads with devices
 * usually want them. That is the idea of fragmentation gradient descent (Weng et al., USENIX ATC 2023) with one typical
 * workload in place of all of them.
 */
export class Scoring {
  /** Grows when scores of before mean nothing any more. */
  version = 0;
  #strategy: QueueSettings['strategy'] = 'binpack';
  #perGpu: PerGpu = {cpu: 1, memory: 1};
  #largest: Exact = {cpu: 1, memory: 1, gpu: 1, disk: 1};
  readonly #fleet: Fleet;
  #epoch = -1;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** At the beginning of a round. `perGpu` of workloads that are known; the fleet's own when there are none. */
  renew(strategy: QueueSettings['strategy'], perGpu: PerGpu | undefined): void {
    const {capacity, epoch} = this.#fleet;
    const wanted = coarse(perGpu ?? fleetPerGpu(this.#fleet));
    const largest = kinds.map(kind => capacity[kind].reduce((most, each) => Math.max(most, each), 1));
    const same =
      this.#epoch === epoch &&
      this.#strategy === strategy &&
      this.#perGpu.cpu === wanted.cpu &&
      this.#perGpu.memory === wanted.memory &&
      kinds.every((kind, at) => this.#largest[kind] === largest[at]);
    if (same) return;
    this.#epoch = epoch;
    this.#strategy = strategy;
    this.#perGpu = wanted;
    this.#largest = {cpu: largest[0]!, memory: largest[1]!, gpu: largest[2]!, disk: largest[3]!};
    this.version += 1;
  }

  score(index: number, need: Exact): number {
    // Those that reserve nothing would all be tightest on one worker.
    const packs = this.#strategy === 'binpack' && need.cpu + need.memory + need.gpu + need.disk > 0;
    return packs ? this.#tightness(index, need) : this.#emptiness(index, need);
  }

  #tightness(index: number, need: Exact): number {
    const {free} = this.#fleet;
    const largest = this.#largest;
    const cpu = free.cpu[index]!;
    const memory = free.memory[index]!;
    const gpu = free.gpu[index]!;
    const left =
      (cpu - need.cpu) / largest.cpu +
      (memory - need.memory) / largest.memory +
      (gpu - need.gpu) / largest.gpu +
      (free.disk[index]! - need.disk) / largest.disk;
    if (gpu === 0) return -left;
    const more =
      this.#stranded(cpu - need.cpu, memory - need.memory, gpu - need.gpu) - this.#stranded(cpu, memory, gpu);
    return -left - 2 * more;
  }

  #stranded(cpu: number, memory: number, gpu: number): number {
    const devices = gpu / 1e6;
    const served = Math.min(cpu / this.#perGpu.cpu, memory / this.#perGpu.memory);
    return devices > served ? devices - served : 0;
  }

  /** The smallest part of any kind that stays free, and how few are there. */
  #emptiness(index: number, need: Exact): number {
    const {free, capacity, busy} = this.#fleet;
    let least = 1;
    for (const kind of kinds) {
      const all = capacity[kind][index]!;
      if (all > 0) least = Math.min(least, (free[kind][index]! - need[kind]) / all);
    }
    return least - busy[index]! / 1e4;
  }
}

function fleetPerGpu({capacity}: Fleet): PerGpu {
  const sum = (of: Float64Array) => of.reduce((all, each, at) => all + (capacity.gpu[at]! > 0 ? each : 0), 0);
  const devices = sum(capacity.gpu) / 1e6;
  return devices === 0
    ? {cpu: 1, memory: 1}
    : {cpu: sum(capacity.cpu) / devices, memory: sum(capacity.memory) / devices};
}

/** To a quarter of a power of two: every new workload moves the mean a little, and scores kept must stay comparable. */
const coarse = ({cpu, memory}: PerGpu): PerGpu => ({cpu: quarterPower(cpu), memory: quarterPower(memory)});

const quarterPower = (value: number): number => (value <= 1 ? 1 : 2 ** (Math.round(Math.log2(value) * 4) / 4));
