/**
 * Gathers what is added while a write is under way and writes it all at once afterwards, in order: as many callers as
 * there are wait for the disk together. A failed write rejects for everybody whose items were in it.
 */
export function groupCommit<T>(write: (items: readonly T[]) => Promise<void>): (items: readonly T[]) => Promise<void> {
  let gathering: {readonly items: T[]; readonly written: Promise<void>} | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return items => {
    if (gathering === undefined) {
      const batch: T[] = [];
      const written = last.then(() => {
        gathering = undefined;
        return write(batch);
      });
      last = written.catch(() => {});
      gathering = {items: batch, written};
    }
    gathering.items.push(...items);
    return gathering.written;
  };
}
