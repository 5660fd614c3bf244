import {type Clock, systemClock} from '../../../../src/engine/coordinator/clock.ts';

/** The clock of a process that is stopped (SIGSTOP) and goes on later: time passes, and none of its timers fires meanwhile. */
export class FreezingClock implements Clock {
  #frozen = false;
  #due: (() => void)[] = [];

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  after(ms: number, then: () => void): () => void {
    let cancelled = false;
    const fire = () => {
      if (cancelled) return;
      if (this.#frozen) this.#due.push(fire);
      else then();
    };
    const cancel = systemClock.after(ms, fire);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const fire of this.#due.splice(0)) fire();
  }
}
