export type {Decision, Preempt, Why} from './decision.ts';
export {Queue} from './queue.ts';
export type {
  CustomerView,
  HostPort,
  QueuedWorkload,
  RunningAttempt,
  Shape,
  WorkerView,
} from './request.ts';
export {defaultSettings, type QueueSettings} from './settings.ts';
export {type Tried, tryOut} from './try-out.ts';
