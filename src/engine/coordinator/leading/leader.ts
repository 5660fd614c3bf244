import {type Clock, pause} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Leadership, Store} from '../store/store.ts';

export interface LeaderParts {
  readonly store: Store;
  readonly coordinator: string;
  readonly address?: string;
  readonly clock: Clock;
  readonly settings: CoordinatorSettings['lease'];
  /** A new generation began with this coordinator. */
  readonly onElected: (leadership: Leadership) => void;
  /** The lead is another's, or its time is over: nothing may be written any more. */
  readonly onLost: (why: string) => void;
  readonly onError: (error: unknown) => void;
}

/** A standby asks at most this often, however many hints come. */
const leastBetweenMs = 100;

/**
 * Stands for election, and keeps the lease. The lead is trusted until the beginning of the last renewal + TTL - margin by
 * the monotonic clock: a process that was stopped for longer does not act when it wakes, and the store refuses it anyway.
 */
export class Leader {
  readonly #parts: LeaderParts;
  readonly #stopping = new AbortController();
  #held?: {readonly leadership: Leadership; readonly untilMs: number};
  #hint = Promise.withResolvers<void>();
  #standing: Promise<void> = Promise.resolve();

  constructor(parts: LeaderParts) {
    this.#parts = parts;
  }

  /** What it may sign its writes with, now; undefined when it does not lead. */
  leadership(): Leadership | undefined {
    if (this.#held && this.#parts.clock.monotonicMs() >= this.#held.untilMs) this.#lose('the lease ran out');
    return this.#held?.leadership;
  }

  /** Resolves when the first try was made; an error of that one is thrown. */
  async start(): Promise<void> {
    await this.#stand();
    this.#standing = this.#keepStanding();
  }

  /** Somebody may have resigned. */
  hint(): void {
    this.#hint.resolve();
  }

  /** Stops standing, and gives the lead back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#hint.resolve();
    await this.#standing;
    const leadership = this.leadership();
    this.#held = undefined;
    if (leadership) await this.#parts.store.resign(leadership);
  }

  async #keepStanding(): Promise<void> {
    const {clock, settings, onError} = this.#parts;
    while (!this.#stopping.signal.aborted) {
      await this.#rest(this.#held ? settings.renewMs : settings.pollMs, clock);
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#stand();
      } catch (error) {
        onError(error);
      }
      this.leadership();
    }
  }

  async #rest(ms: number, clock: Clock): Promise<void> {
    this.#hint = Promise.withResolvers();
    await pause(clock, ms, this.#stopping.signal, this.#held ? undefined : this.#hint.promise);
    // Hints come with every submission anywhere; a standby need not ask for each.
    if (!this.#held) await pause(clock, leastBetweenMs, this.#stopping.signal);
  }

  async #stand(): Promise<void> {
    const {store, coordinator, address, clock, settings, onElected} = this.#parts;
    const began = clock.monotonicMs();
    const leadership = await store.lead({coordinator, address, ttlMs: settings.ttlMs});
    if (!leadership) return this.#lose('another coordinator leads');
    const before = this.leadership();
    if (before && before.generation !== leadership.generation) this.#lose('the lead changed hands meanwhile');
    this.#held = {leadership, untilMs: began + settings.ttlMs - settings.marginMs};
    if (before?.generation !== leadership.generation) onElected(leadership);
  }

  #lose(why: string): void {
    if (!this.#held) return;
    this.#held = undefined;
    this.#parts.onLost(why);
  }
}
