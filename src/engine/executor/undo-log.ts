/** What one finished step leaves to do: take it back, or make it final. */
export interface Undoable {
  readonly operation: string;
  readonly service?: string;
  /** Takes the step back; idempotent. */
  readonly undo: () => Promise<void>;
  /** Removes what was kept only to be able to undo. */
  readonly commit: () => Promise<void>;
}

/** Remembers finished steps in order, so that they can be taken back in reverse or made final. */
export class UndoLog {
  readonly #entries: Undoable[] = [];

  add(entry: Undoable): void {
    this.#entries.push(entry);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Takes back every step, newest first, going on past failures; returns what could not be taken back. */
  async undo(
    onUndone: (operation: string) => void,
  ): Promise<readonly {readonly operation: string; readonly error: unknown}[]> {
    const failures: {operation: string; error: unknown}[] = [];
    for (const entry of this.#entries.splice(0).reverse()) {
      try {
        await entry.undo();
        onUndone(entry.operation);
      } catch (error) {
        failures.push({operation: entry.operation, error});
      }
    }
    return failures;
  }

  /** Makes every step final, all at once; returns what failed, which the next apply finds and repairs. */
  async commit(): Promise<readonly {readonly operation: string; readonly error: unknown}[]> {
    const entries = this.#entries.splice(0);
    const ends = await Promise.allSettled(entries.map(entry => entry.commit()));
    return ends.flatMap((end, index) =>
      end.status === 'rejected' ? [{operation: entries[index]!.operation, error: end.reason}] : [],
    );
  }
}
