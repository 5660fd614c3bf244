/**
 * Does what several callers ask for at once together: while one batch is under way the next gathers, up to `most` items
 * unless one call alone has more. `run` answers each call by itself, or rejects for all of them.
 */
export function gatherCalls<T, R>(
  most: number,
  run: (calls: readonly (readonly T[])[]) => Promise<readonly (() => R)[]>,
): (items: readonly T[]) => Promise<R> {
  interface Call {
    readonly items: readonly T[];
    readonly resolve: (value: R) => void;
    readonly reject: (error: unknown) => void;
  }
  const waiting: Call[] = [];
  let running = false;

  const next = (): Call[] => {
    let size = 0;
    let end = 0;
    while (end < waiting.length && (end === 0 || size + waiting[end]!.items.length <= most)) {
      size += waiting[end]!.items.length;
      end++;
    }
    return waiting.splice(0, end);
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const calls = next();
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
    running = false;
  };

  return items =>
    new Promise<R>((resolve, reject) => {
      waiting.push({items, resolve, reject});
      if (running) return;
      running = true;
      // Those who call in the same turn come along.
      queueMicrotask(() => void drain());
    });
}
