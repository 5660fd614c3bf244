import type {HostName} from '../spec/stack.ts';
import {isTransient, withRetry} from './retry.ts';

/**
 * Tries again what has to be done although things fail: taking back and cleaning up. Waits for each host once: when one
 * stays silent, what is left to do there fails at once.
 */
export class Patience {
  readonly #silent = new Set<HostName>();

  async with(host: HostName, action: () => Promise<void>): Promise<void> {
    if (this.#silent.has(host)) return action();
    try {
      await withRetry(action, {signal: new AbortController().signal, onRetry: () => undefined});
    } catch (error) {
      if (isTransient(error)) this.#silent.add(host);
      throw error;
    }
  }
}
