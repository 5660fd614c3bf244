export type {Decision, Park, Points, Preempt, Rejection, Start, Victim, Why} from './decision.ts';
export {Queue} from './queue.ts';
export type {
  Amounts,
  CustomerId,
  CustomerView,
  HostPort,
  QueuedWorkload,
  RunningAttempt,
  Shape,
  WorkerView,
  WorkloadId,
} from './request.ts';
export {defaultSettings, type QueueSettings, type Tier} from './settings.ts';
export {addUsage, decayed, type Used} from './usage.ts';
