import type {ChangeRow} from './environment-rows.ts';

/** What healed for so long has lasted. */
const steadyMs = 5 * 60_000;
const firstMs = 2_000;
const factor = 4;
const mostMs = 10 * 60_000;
/** After so many in a row the breaker opens: it is tried at the longest interval alone. */
export const mostInARow = 5;

/** How healings of an environment went lately. */
export interface HealingStreak {
  /** Healings that did not last, in a row. */
  readonly count: number;
  /** Milliseconds since 1970; absent: at once. */
  readonly notBefore?: number;
  readonly open: boolean;
}

/** The wait after so many in a row: 2 s, four times as long each time, 10 minutes once the breaker is open. */
export const pauseAfter = (count: number): number =>
  count === 0 ? 0 : count >= mostInARow ? mostMs : Math.min(firstMs * factor ** (count - 1), mostMs);

/**
 * Counts the healings of these parts that did not last, out of an environment's newest changes in any order: one that began
 * soon after another one's wait was over. What a person did well ends the streak. Known to every leader, since changes are
 * stored.
 */
export function healingStreak(changes: readonly ChangeRow[], parts: ReadonlySet<string>): HealingStreak {
  let count = 0;
  let last: number | undefined;
  for (const {kind, actor, state, startedAt, endedAt, options} of [...changes].sort((a, b) => a.number - b.number)) {
    if (endedAt === undefined || startedAt === undefined) continue;
    const byItself = kind === 'heal' && actor.name.startsWith('coordinator:');
    if (!byItself) {
      if (state === 'done') [count, last] = [0, undefined];
      continue;
    }
    // Something else was put right then.
    if (options.parts && !options.parts.some(part => parts.has(part))) continue;
    const lasted = last === undefined || startedAt - last > pauseAfter(count) + steadyMs;
    count = lasted ? 1 : count + 1;
    last = endedAt;
  }
  return {
    count,
    open: count >= mostInARow,
    ...(last !== undefined && {notBefore: last + pauseAfter(count)}),
  };
}
