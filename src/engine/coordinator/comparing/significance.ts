/** Successes and failures of one version. */
export interface Outcomes {
  readonly succeeded: number;
  readonly failed: number;
}

/**
 * Fisher's exact test, two-sided: how probable a table that is no more probable than this one is, if both succeed equally
 * often (R. A. Fisher, Statistical Methods for Research Workers). Exact for any counts.
 */
export function fisherExact(one: Outcomes, other: Outcomes): number {
  const [a, b, c, d] = [one.succeeded, one.failed, other.succeeded, other.failed];
  const [row, all, column] = [a + b, a + b + c + d, a + c];
  const logs = logFactorials(all);
  const choose = (n: number, k: number): number => logs[n]! - logs[k]! - logs[n - k]!;
  const logP = (x: number): number => choose(column, x) + choose(all - column, row - x) - choose(all, row);
  const seen = logP(a);
  let p = 0;
  for (let x = Math.max(0, row - (all - column)); x <= Math.min(row, column); x++) {
    // Rounding must not leave out tables that are as probable as this one.
    if (logP(x) <= seen + 1e-7) p += Math.exp(logP(x));
  }
  return Math.min(1, p);
}

function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 2; n <= most; n++) logs[n] = logs[n - 1]! + Math.log(n);
  return logs;
}

/** Below this the normal approximation of the rank test says nothing. */
const leastForRanks = 8;

/**
 * The Mann–Whitney U test, two-sided, by the normal approximation with corrections for ties and continuity (H. B. Mann,
 * D. R. Whitney 1947): how probable ranks as unequal as these are, if both take equally long. Undefined with less than
 * eight of either.
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number | undefined {
  const [n, m] = [one.length, other.length];
  if (n < leastForRanks || m < leastForRanks) return undefined;
  const all = [...one.map(value => ({value, first: true})), ...other.map(value => ({value, first: false}))].sort(
    (a, b) => a.value - b.value,
  );
  let [ranks, ties] = [0, 0];
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]!.value === all[at]!.value) end++;
    const count = end - at;
    const rank = (at + 1 + end) / 2;
    for (let each = at; each < end; each++) if (all[each]!.first) ranks += rank;
    ties += count ** 3 - count;
    at = end;
  }
  const total = n + m;
  const u = ranks - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, erfc(z / Math.SQRT2));
}

/** The complementary error function, to 1.2e-7 (Numerical Recipes, erfcc). */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2);
  const terms = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223];
  const series = [...terms, 0.17087277].reduceRight((sum, term) => term + t * sum, 0);
  return t * Math.exp(-x * x - 1.26551223 + t * series);
}
