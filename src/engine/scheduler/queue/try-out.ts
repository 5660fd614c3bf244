import type {HostName} from '../../spec/stack.ts';
import type {Rejection} from './decision.ts';
import {Queue} from './queue.ts';
import type {QueuedWorkload, RunningAttempt, WorkerView, WorkloadId} from './request.ts';
import type {QueueSettings} from './settings.ts';

export interface TryOut {
  readonly workers: readonly WorkerView[];
  /** What holds places there already. */
  readonly running: readonly RunningAttempt[];
  readonly wanted: readonly QueuedWorkload[];
  readonly settings: QueueSettings;
  readonly now: number;
}

export interface Tried {
  readonly workload: WorkloadId;
  /** Absent: nowhere. */
  readonly worker?: HostName;
  readonly because: string;
  readonly rejected: readonly Rejection[];
}

/** Who waits only for somebody of the same request, who waits for another one: so often it is looked again. */
const mostRounds = 20;

/** Where workloads would start if nothing but they waited; nobody is moved out of the way. In the order given. */
export function tryOut({workers, running, wanted, settings, now}: TryOut): readonly Tried[] {
  const queue = new Queue({...settings, preemption: {...settings.preemption, enabled: false}});
  queue.setWorkers(workers);
  for (const attempt of running) queue.running(attempt);
  for (const workload of wanted) queue.add(workload);
  const started = new Map<WorkloadId, Tried>();
  for (let round = 0; round < mostRounds; round++) {
    const before = started.size;
    for (const decision of queue.round(now)) {
      if (decision.kind !== 'start') continue;
      const {workload, worker, because, rejected} = decision;
      started.set(workload, {workload, worker, because, rejected});
    }
    if (started.size === before) break;
  }
  return wanted.map(({id}) => {
    const there = started.get(id);
    if (there) return there;
    const {text, rejected} = queue.why(id, now);
    return {workload: id, because: text.replace(/^parked: /, ''), rejected};
  });
}
