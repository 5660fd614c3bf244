import type {RetryRule} from '../../spec/workload.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {AttemptOutcome} from '../store/store.ts';
import type {WorkloadState} from '../workload-states.ts';

/** An attempt that has ended. */
export interface Ended {
  readonly worker: string;
  readonly outcome: AttemptOutcome;
  readonly reason: string;
  readonly exitCode?: number;
}

export interface Verdict {
  readonly to: WorkloadState;
  readonly reason: string;
  /** RETRYING: how long to wait. */
  readonly delayMs?: number;
}

export interface AttemptHistory {
  readonly rule: RetryRule;
  /** Those before it, since it was last tried again by hand; oldest first. */
  readonly earlier: readonly Pick<Ended, 'worker' | 'outcome'>[];
  readonly settings: Pick<CoordinatorSettings, 'outsideFailures' | 'poisonWorkers'>;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
}

/** A workload that ends for its own checkpoints is not started again at once, so that one that always does costs little. */
const goesOnAfterMs = 1000;

/** What becomes of a workload whose attempt has ended. */
export function afterAttempt(end: Ended, history: AttemptHistory): Verdict {
  switch (end.outcome) {
    case 'succeeded':
      return {to: 'SUCCEEDED', reason: end.reason};
    case 'cancelled':
      return {to: 'CANCELLED', reason: end.reason};
    case 'paused':
      return {to: 'PAUSED', reason: end.reason};
    case 'preempted':
    case 'drained':
      return {to: 'PENDING', reason: end.reason};
    case 'checkpointed':
      return {to: 'RETRYING', reason: 'goes on from the checkpoint that it wrote', delayMs: goesOnAfterMs};
    case 'lost':
      return poisoned(end, history) ?? {to: 'PENDING', reason: end.reason};
    case 'outside':
      return afterOutsideFailure(end, history);
    case 'failed':
    case 'timeout':
      return poisoned(end, history) ?? afterOwnFailure(end, history);
  }
}

/** Not the workload's own failure: tried again a bounded number of times, whatever its retries say. */
function afterOutsideFailure(end: Ended, {earlier, settings, random}: AttemptHistory): Verdict {
  const {max, initialMs, maxMs} = settings.outsideFailures;
  const before = earlier.filter(each => each.outcome === 'outside').length;
  if (before >= max)
    return {to: 'FAILED', reason: `${end.reason} (given up after ${before + 1} failures that were not its own)`};
  const delayMs = fullJitter(backoff({initialMs, factor: 2, maxMs}, before), random);
  return {to: 'RETRYING', reason: end.reason, delayMs};
}

function afterOwnFailure(end: Ended, {rule, earlier, random}: AttemptHistory): Verdict {
  if (end.exitCode !== undefined && rule.exitCodes && !rule.exitCodes.includes(end.exitCode))
    return {to: 'FAILED', reason: `${end.reason} (not among the exit codes that are tried again)`};
  const before = earlier.filter(isOwn).length;
  if (before >= rule.max) return {to: 'FAILED', reason: end.reason};
  const delayMs = backoff(rule.backoff, before);
  return {
    to: 'RETRYING',
    reason: `${end.reason}; retry ${before + 1} of ${rule.max}`,
    delayMs: rule.backoff.jitter ? fullJitter(delayMs, random) : delayMs,
  };
}

/** Failed, or lost its worker, on so many different workers that it is not tried on more of them. */
function poisoned(end: Ended, {earlier, settings}: AttemptHistory): Verdict | undefined {
  const bad = [...earlier, end].filter(each => isOwn(each) || each.outcome === 'lost');
  const workers = [...new Set(bad.map(each => each.worker))];
  if (workers.length < settings.poisonWorkers) return undefined;
  return {
    to: 'FAILED',
    reason: `quarantined: failed on ${workers.length} workers (${workers.join(', ')}); last: ${end.reason}`,
  };
}

const isOwn = ({outcome}: Pick<Ended, 'outcome'>): boolean => outcome === 'failed' || outcome === 'timeout';

const backoff = (
  {initialMs, factor, maxMs}: {readonly initialMs: number; readonly factor: number; readonly maxMs: number},
  before: number,
): number => Math.min(maxMs, initialMs * factor ** before);

const fullJitter = (ms: number, random: () => number): number => Math.round(ms * random());
