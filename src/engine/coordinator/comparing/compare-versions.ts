import {fisherExact, mannWhitney} from './significance.ts';

/** A workload that has ended by itself. Times in milliseconds. */
export interface EndedRun {
  readonly version?: string;
  readonly succeeded: boolean;
  /** From its first start to its end; absent of one that never started. */
  readonly durationMs?: number;
}

export interface VersionFigures {
  /** Absent of runs without one. */
  readonly version?: string;
  readonly succeeded: number;
  readonly failed: number;
  /** Of those that succeeded. */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
}

export interface Comparison {
  /** Those with most runs first. */
  readonly versions: readonly VersionFigures[];
  /** Of the first two; absent when there is but one. */
  readonly tests?: {
    /** Fisher's exact test of successes and failures. */
    readonly success: number;
    /** Mann–Whitney's test of durations; absent with less than eight successes of either. */
    readonly duration?: number;
  };
}

/** Versions of one workload against each other, by how they ended and how long they took. */
export function compareVersions(runs: readonly EndedRun[]): Comparison {
  const groups = [...Map.groupBy(runs, ({version}) => version)].sort(
    ([a = '', x], [b = '', y]) => y.length - x.length || (a < b ? -1 : 1),
  );
  const versions = groups.map(([version, its]) => figuresOf(version, its));
  const [one, other] = groups;
  if (!one || !other) return {versions};
  const duration = mannWhitney(durations(one[1]), durations(other[1]));
  const success = fisherExact(versions[0]!, versions[1]!);
  return {versions, tests: {success, ...(duration !== undefined && {duration})}};
}

function figuresOf(version: string | undefined, runs: readonly EndedRun[]): VersionFigures {
  const succeeded = runs.filter(run => run.succeeded).length;
  const took = durations(runs).toSorted((a, b) => a - b);
  return {
    ...(version !== undefined && {version}),
    succeeded,
    failed: runs.length - succeeded,
    ...(took.length > 0 && {p50Ms: percentile(took, 0.5), p95Ms: percentile(took, 0.95)}),
  };
}

/** The nearest rank. */
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;

const durations = (runs: readonly EndedRun[]): readonly number[] =>
  runs.flatMap(({succeeded, durationMs}) => (succeeded && durationMs !== undefined ? [durationMs] : []));
