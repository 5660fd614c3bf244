import type {WorkloadResources} from '../../spec/workload.ts';
import {coresCounted} from './amounts.ts';
import type {CustomerView} from './request.ts';

/** Core-seconds used up to a time, those of long ago counting less: half after each half-life. */
export type Used = Pick<CustomerView, 'used' | 'usedAt'>;

/** What is left of it by `at`; a clock that went back changes nothing. */
export const decayed = ({used, usedAt}: Used, at: number, halfLifeMs: number): number =>
  at <= usedAt ? used : used * 2 ** ((usedAt - at) / halfLifeMs);

/** With one more attempt, which ended at `endedAt`. */
export function addUsage(
  before: Used,
  resources: WorkloadResources,
  {startedAt, endedAt}: {readonly startedAt: number; readonly endedAt: number},
  halfLifeMs: number,
): Used {
  const usedAt = Math.max(before.usedAt, endedAt);
  const more = runningUsage(coresCounted(resources), endedAt - startedAt, halfLifeMs);
  return {used: decayed(before, usedAt, halfLifeMs) + more, usedAt};
}

/** Core-seconds of an attempt that has run for so long, its earlier ones decayed: the integral of the decay. */
export const runningUsage = (cores: number, ranMs: number, halfLifeMs: number): number =>
  cores * (halfLifeMs / 1000 / Math.LN2) * (1 - 2 ** (-Math.max(0, ranMs) / halfLifeMs));
