import type {HostName} from '../../spec/stack.ts';

const failuresUntilOpen = 5;
const firstRestMs = 30_000;
const longestRestMs = 300_000;

/**
 * A circuit breaker a worker: when start after start fails there for reasons that are not the workloads' own, nothing is
 * placed on it for a while; after that one failure more opens it for twice as long, one start closes it.
 */
export class StartBreaker {
  readonly #workers = new Map<HostName, {failures: number; rests: number; untilMs: number; why: string}>();

  failed(worker: HostName, why: string, nowMs: number): void {
    const before = this.#workers.get(worker) ?? {failures: 0, rests: 0, untilMs: 0, why};
    const failures = before.failures + 1;
    if (failures < failuresUntilOpen) {
      this.#workers.set(worker, {...before, failures, why});
      return;
    }
    const rest = Math.min(longestRestMs, firstRestMs * 2 ** before.rests);
    this.#workers.set(worker, {failures, rests: before.rests + 1, untilMs: nowMs + rest, why});
  }

  started(worker: HostName): void {
    this.#workers.delete(worker);
  }

  /** Why nothing may be placed there now; the same words while it lasts, since the queue looks again at what changes. */
  open(worker: HostName, nowMs: number): string | undefined {
    const state = this.#workers.get(worker);
    if (!state || nowMs >= state.untilMs) return undefined;
    return `rests after ${state.failures} failed starts: ${state.why}`;
  }
}
