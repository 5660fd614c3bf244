interface Call<T, R> {
  readonly items: readonly T[];
  readonly resolve: (value: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does what several callers ask for at once together, up to `most` items in a batch unless one call alone has more: while
 * one batch is under way the next gathers. When a quarter of that has gathered already, it is begun beside the first, so
 * that one is made ready while the other is written. `run` answers each call by itself, or rejects for all of them.
 */
export function gatherCalls<T, R>(
  most: number,
  run: (calls: readonly (readonly T[])[]) => Promise<readonly (() => R)[]>,
): {readonly call: (items: readonly T[]) => Promise<R>; readonly idle: () => Promise<void>} {
  const waiting: Call<T, R>[] = [];
  const running = new Set<Promise<void>>();

  const next = (): Call<T, R>[] => {
    let size = 0;
    let end = 0;
    while (end < waiting.length && (end === 0 || size + waiting[end]!.items.length <= most)) {
      size += waiting[end]!.items.length;
      end++;
    }
    return waiting.splice(0, end);
  };

  const begin = (): void => {
    const plenty = waiting.reduce((size, {items}) => size + items.length, 0) >= most / 4;
    if (waiting.length === 0 || running.size >= (plenty ? 2 : 1)) return;
    // Those who call in the same turn come along.
    const batch = Promise.resolve().then(async () => {
      await answer(next(), run);
      running.delete(batch);
      begin();
    });
    running.add(batch);
  };

  return {
    call: items =>
      new Promise<R>((resolve, reject) => {
        waiting.push({items, resolve, reject});
        begin();
      }),
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

async function answer<T, R>(
  calls: readonly Call<T, R>[],
  run: (calls: readonly (readonly T[])[]) => Promise<readonly (() => R)[]>,
): Promise<void> {
  if (calls.length === 0) return;
  try {
    const answers = await run(calls.map(({items}) => items));
    calls.forEach(({resolve, reject}, index) => {
      try {
        resolve(answers[index]!());
      } catch (error) {
        reject(error);
      }
    });
  } catch (error) {
    for (const {reject} of calls) reject(error);
  }
}
