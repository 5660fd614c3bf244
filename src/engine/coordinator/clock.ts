/** Time as this process measures it; nothing of it is ever compared with another machine's. */
export interface Clock {
  /** Milliseconds that only grow, whatever happens to the time of day; a process that was stopped sees the whole of it. */
  monotonicMs(): number;
  /** Calls after so many milliseconds. Returns how to prevent it. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many milliseconds, or at once when the signal is aborted or `woken` resolves. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal, woken?: Promise<void>): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, {once: true});
    void woken?.then(done);
  });
}

/** Does something with a signal that is aborted after so many milliseconds. */
export async function within<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort());
  try {
    return await work(late.signal);
  } finally {
    cancel();
  }
}
