/**
 * Turns what is told one by one into something to iterate over: who tells waits until it was taken. Ends with `tell`, or
 * when the reader stops or the signal is aborted, which `tell` sees as `ended`.
 */
export async function* handOver<T>(
  signal: AbortSignal,
  tell: (take: (value: T) => Promise<void>, ended: AbortSignal) => Promise<void>,
): AsyncGenerator<T> {
  const own = new AbortController();
  const ended = AbortSignal.any([signal, own.signal]);
  let waiting: {readonly value: T; readonly taken: () => void} | undefined;
  let news = Promise.withResolvers<void>();
  let failure: {readonly error: unknown} | undefined;
  let over = false;
  let letGo = () => {};
  ended.addEventListener('abort', () => letGo(), {once: true});
  const telling = tell(value => {
    if (ended.aborted) return Promise.resolve();
    const {promise, resolve} = Promise.withResolvers<void>();
    letGo = resolve;
    waiting = {value, taken: resolve};
    news.resolve();
    return promise;
  }, ended)
    .catch(error => {
      if (!ended.aborted) failure = {error};
    })
    .finally(() => {
      over = true;
      news.resolve();
    });
  try {
    while (true) {
      if (waiting) {
        const {value, taken} = waiting;
        waiting = undefined;
        yield value;
        taken();
        continue;
      }
      if (over) break;
      await news.promise;
      news = Promise.withResolvers();
    }
    if (failure) throw failure.error;
  } finally {
    own.abort();
    await telling;
  }
}
