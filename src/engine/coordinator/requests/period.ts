import {invalidRequest} from '../access/index.ts';

const day = 86_400_000;
const mostIntervals = 1000;
/** Longer than anything is kept by default. */
const longestMs = 400 * day;

/** Milliseconds since 1970; the end is not in it. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

/** The last day until now, where nothing else is said. Errors: Refusal 400. */
export async function periodOf(
  {from, until}: {readonly from?: number | undefined; readonly until?: number | undefined},
  now: () => Promise<number>,
): Promise<Period> {
  const end = until ?? (await now());
  const begin = from ?? end - day;
  if (begin >= end) throw wrong('from', 'must be before until');
  if (begin < 0 || end - begin > longestMs) throw wrong('from', `must be at most ${longestMs / day} days before until`);
  return {from: begin, until: end};
}

/** Errors: Refusal 400 when there were too many of them. */
export function checkIntervals({from, until}: Period, intervalMs: number): void {
  if ((until - from) / intervalMs > mostIntervals)
    throw wrong('interval', `gives more than ${mostIntervals} intervals`);
}

const wrong = (parameter: string, detail: string) => invalidRequest([{code: 'invalid-value', detail, parameter}]);
