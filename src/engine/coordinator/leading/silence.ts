import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';

export type Condition = 'well' | 'suspect' | 'lost';

export const conditionOf = (silentMs: number, {suspectMs, lostMs}: CoordinatorSettings['silence']): Condition =>
  silentMs >= lostMs ? 'lost' : silentMs >= suspectMs ? 'suspect' : 'well';

/**
 * Many workers silent at once look like a cut between them and this coordinator: their workloads may well be running.
 * In words; undefined when it does not look so. A single worker is just lost.
 */
export function looksLikePartition(
  conditions: ReadonlyMap<HostName, Condition>,
  {share}: CoordinatorSettings['partition'],
): string | undefined {
  const silent = [...conditions.values()].filter(condition => condition !== 'well').length;
  if (conditions.size < 2 || silent / conditions.size <= share) return undefined;
  return `${silent} of ${conditions.size} workers are silent: that looks like this coordinator's own network`;
}

/** So many a minute, evenly; what was not used of one minute is not saved for later. */
export class PerMinute {
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(most: number, nowMs: number) {
    this.#most = most;
    this.#left = most;
    this.#at = nowMs;
  }

  /** How many of `wanted` may be done now. */
  take(wanted: number, nowMs: number): number {
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#at) / 60_000) * this.#most);
    this.#at = nowMs;
    const given = Math.min(wanted, Math.floor(this.#left));
    this.#left -= given;
    return given;
  }
}
