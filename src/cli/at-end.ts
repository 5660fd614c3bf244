const endings: (() => Promise<void>)[] = [];

/** Remembers what to do when the command has ended, however it did: a connection to close. */
export function atEnd(work: () => Promise<void>): void {
  endings.push(work);
}

/** Does it. What fails then no longer matters to anybody. */
export async function endAll(): Promise<void> {
  await Promise.allSettled(endings.splice(0).map(work => work()));
}
