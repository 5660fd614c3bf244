import type {HostName} from '../../spec/stack.ts';
import type {QueuedWorkload, RunningAttempt} from './request.ts';

/** The workload as it holds a place from now on. */
export function attemptOf(
  {notBefore, ...workload}: QueuedWorkload,
  worker: HostName,
  startedAt: number,
): RunningAttempt {
  return {...workload, worker, startedAt};
}
