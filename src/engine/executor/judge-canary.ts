import {formatDuration} from '../spec/quantities.ts';
import type {CanaryJudge} from '../spec/stack.ts';

/** What the access logs say of one side of a release, over all proxies. */
export interface SideFigures {
  readonly requests: number;
  readonly errors: number;
  /** The highest of its replicas, in milliseconds. */
  readonly p95Ms: number;
}

/** good, bad, or too few requests to tell; with the figures, for people. */
export interface Verdict {
  readonly verdict: 'good' | 'bad' | 'too-few';
  readonly text: string;
}

/** What of the rows of figures belongs to one side. Rows of replicas without requests say nothing about time. */
export const sideOf = (rows: readonly SideFigures[]): SideFigures => ({
  requests: rows.reduce((sum, {requests}) => sum + requests, 0),
  errors: rows.reduce((sum, {errors}) => sum + errors, 0),
  p95Ms: Math.max(0, ...rows.filter(({requests}) => requests > 0).map(({p95Ms}) => p95Ms)),
});

/** Judges the new replicas of a canary, the old ones being what a relative limit is held against. */
export function judgeCanary(judge: CanaryJudge, fresh: SideFigures, stable: SideFigures): Verdict {
  const {requests, errors} = fresh;
  if (requests < judge.minRequests) {
    return {
      verdict: 'too-few',
      text: `${requests} requests to the new replicas, too few to judge (${judge.minRequests})`,
    };
  }
  const rate = (100 * errors) / requests;
  const failures = `${errors} of ${requests} requests failed (${percent(rate)}, limit ${percent(judge.errorRate)})`;
  const slow = slowness(judge, fresh, stable);
  const bad = rate > judge.errorRate || slow.bad;
  return {verdict: bad ? 'bad' : 'good', text: `${failures}, ${slow.text}`};
}

function slowness(
  {p95, minRequests}: CanaryJudge,
  fresh: SideFigures,
  stable: SideFigures,
): {readonly bad: boolean; readonly text: string} {
  const took = `p95 ${milliseconds(fresh.p95Ms)}`;
  if (!p95) return {bad: false, text: took};
  if ('ms' in p95) return {bad: fresh.p95Ms > p95.ms, text: `${took} (limit ${milliseconds(p95.ms)})`};
  // Old replicas that nobody asked give nothing to compare with.
  if (stable.requests < minRequests)
    return {bad: false, text: `${took} (the old ones had too few requests to compare)`};
  const limit = stable.p95Ms * p95.times;
  const text = `${took} (limit ${milliseconds(limit)}, ${p95.times} times the old ones' ${milliseconds(stable.p95Ms)})`;
  return {bad: fresh.p95Ms > limit, text};
}

const percent = (value: number): string => `${Number(value.toFixed(2))}%`;
const milliseconds = (ms: number): string => formatDuration(Math.max(1, Math.round(ms)));
