import type {Session} from './database.ts';

/**
 * Takes the next numbers of the one counter by which workloads, their changes and events are ordered, and returns the
 * first. Whoever takes some makes others wait until its transaction has ended, so what is seen has no gap that somebody
 * slower will fill: a reader that goes on from the last number it saw misses nothing. Taken after all rows are locked,
 * so that nobody waits for a row while holding it.
 */
export async function takeNumbers(session: Session, count: number): Promise<number> {
  const [row] = await session.rows<{number: number}>('update counter set number = number + $1 returning number', count);
  return row!.number - count + 1;
}
