import type {Clock} from '../../../../src/engine/coordinator/clock.ts';
import type {SimTime} from './sim-time.ts';

/**
 * A process as the operating system has it: killed, nothing in it happens any more; stopped (SIGSTOP), what would have
 * happened in it waits until it goes on, and its clock goes on all the same.
 */
export class SimProcess implements Clock {
  readonly name: string;
  readonly #time: SimTime;
  #state: 'runs' | 'stopped' | 'dead' = 'runs';
  #held: (() => void)[] = [];

  constructor(name: string, time: SimTime) {
    this.name = name;
    this.#time = time;
  }

  get runs(): boolean {
    return this.#state === 'runs';
  }

  get dead(): boolean {
    return this.#state === 'dead';
  }

  monotonicMs(): number {
    return this.#time.now + 1000;
  }

  after(ms: number, then: () => void): () => void {
    let cancelled = false;
    const cancel = this.#time.after(ms, () => this.tell(() => cancelled || then()));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Something reaches it from outside. */
  tell(what: () => void): void {
    if (this.#state === 'runs') what();
    else if (this.#state === 'stopped') this.#held.push(what);
  }

  kill(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  stop(): void {
    if (this.#state === 'runs') this.#state = 'stopped';
  }

  goOn(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'runs';
    // One after another, as a loop of events does.
    for (const what of this.#held.splice(0)) this.#time.after(0, () => this.tell(what));
  }
}
