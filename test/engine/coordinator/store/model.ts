import type {Wish} from '../../../../src/engine/coordinator/store/index.ts';
import {mayFollow, type WorkloadState} from '../../../../src/engine/coordinator/workload-states.ts';
import type {AfterRule} from '../../../../src/engine/spec/workload.ts';

interface Entry {
  state: WorkloadState;
  attempt: number;
  wanted?: 'cancel' | 'pause';
  waits: readonly {readonly index: number; readonly on: AfterRule['on']}[];
}

const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
const placed = ['SCHEDULED', 'STARTING', 'RUNNING', 'CHECKPOINTING', 'LOST'];

/** What a store of workloads is, said once more in the plainest way: no database, no batches, nobody else. */
export class Model {
  readonly entries: Entry[] = [];
  /** Indexes of what ended, until those that wait for them know. */
  readonly #untold: number[] = [];

  submit(waits: Entry['waits']): void {
    const entry: Entry = {state: 'PENDING', attempt: 0, waits: waits.filter(wait => !this.#isMet(wait))};
    this.entries.push(entry);
    if (waits.some(wait => this.#isNever(wait))) entry.state = 'CANCELLED';
  }

  ask(index: number, wish: Wish): void {
    const entry = this.entries[index]!;
    const {state, wanted} = entry;
    const over = ended.includes(state);
    if (wish === 'cancel' && !over) this.#want(entry, 'cancel', 'CANCELLED');
    if (wish === 'pause' && !over && state !== 'PAUSED' && wanted !== 'cancel') this.#want(entry, 'pause', 'PAUSED');
    if (wish === 'resume') {
      if (state === 'PAUSED') this.#move(entry, 'PENDING');
      else if (wanted === 'pause') entry.wanted = undefined;
    }
    if (wish === 'retry' && state === 'RETRYING') this.#move(entry, 'PENDING');
    if (wish === 'retry' && (state === 'FAILED' || state === 'CANCELLED')) {
      if (entry.waits.some(wait => this.#isNever(wait))) return;
      entry.waits = entry.waits.filter(wait => !this.#isMet(wait));
      this.#move(entry, 'PENDING');
    }
  }

  place(index: number): void {
    const entry = this.entries[index]!;
    if ((entry.state !== 'PENDING' && entry.state !== 'RETRYING') || entry.waits.length > 0 || entry.wanted) return;
    entry.attempt++;
    this.#move(entry, 'SCHEDULED');
  }

  report(index: number, to: WorkloadState): void {
    const entry = this.entries[index]!;
    if (placed.includes(entry.state) && mayFollow(entry.state, to)) this.#move(entry, to);
  }

  change(index: number, to: WorkloadState): void {
    const entry = this.entries[index]!;
    if (mayFollow(entry.state, to) && to !== 'SCHEDULED') this.#move(entry, to);
  }

  #want(entry: Entry, wanted: 'cancel' | 'pause', to: WorkloadState): void {
    if (placed.includes(entry.state)) entry.wanted = wanted;
    else this.#move(entry, to);
  }

  #move(entry: Entry, to: WorkloadState): void {
    entry.state = to;
    if (ended.includes(to)) entry.wanted = undefined;
    const {wanted} = entry;
    if (wanted !== undefined && !placed.includes(to)) {
      entry.wanted = undefined;
      if (to !== 'PAUSED' || wanted === 'cancel') this.#move(entry, wanted === 'cancel' ? 'CANCELLED' : 'PAUSED');
    }
    if (!ended.includes(entry.state)) return;
    this.#untold.push(this.entries.indexOf(entry));
    if (this.#untold.length === 1) this.#tell();
  }

  /** Those that wait for what ended, then those that wait for what ended of that, and so on: each round after the one before. */
  #tell(): void {
    for (let round = 1; round > 0; round = this.#untold.length) {
      const told = this.#untold.slice(0, round).sort((a, b) => a - b);
      for (const entry of this.entries) for (const index of told) this.#tellOf(entry, index);
      this.#untold.splice(0, round);
    }
  }

  #tellOf(entry: Entry, index: number): void {
    const wait = entry.waits.find(each => each.index === index);
    if (!wait || ended.includes(entry.state)) return;
    if (this.#isNever(wait)) this.#move(entry, 'CANCELLED');
    else entry.waits = entry.waits.filter(each => each !== wait);
  }

  #isMet({index, on}: Entry['waits'][number]): boolean {
    const {state} = this.entries[index]!;
    return ended.includes(state) && (on === 'always' || state === (on === 'success' ? 'SUCCEEDED' : 'FAILED'));
  }

  #isNever(wait: Entry['waits'][number]): boolean {
    return ended.includes(this.entries[wait.index]!.state) && !this.#isMet(wait);
  }
}
