/** How many workers there shall be, by what waits and who is idle. Times in milliseconds. */
export interface WorkerScaleRule {
  readonly min: number;
  readonly max: number;
  /** Least time between two calls. */
  readonly cooldownMs: number;
  /** A worker on which nothing ran for so long is removed. */
  readonly idleMs: number;
  /** Workloads wait for so long before a worker is added for them. */
  readonly waitMs: number;
}

export interface WorkersLook {
  readonly at: number;
  readonly workers: readonly WorkerLook[];
  /** Workloads that may start and for which there is no room, and since when there are any. */
  readonly waiting: {readonly count: number; readonly since?: number};
}

export interface WorkerLook {
  readonly name: string;
  /** lost ones are neither room nor idle. */
  readonly well: boolean;
  /** Nothing new is placed there, by somebody's wish. */
  readonly drained: boolean;
  readonly running: number;
  /** Nothing ran there since; undefined while something does. */
  readonly idleSince?: number;
  /** Chosen for removal before: what it waits for is that nothing runs there any more. */
  readonly leaving: boolean;
}

export type WorkerStep =
  | {readonly action: 'none'; readonly reason: string}
  | {readonly action: 'add'; readonly count: number; readonly reason: string}
  /** Place nothing there any more; then it is removed. */
  | {readonly action: 'retire'; readonly worker: string; readonly reason: string}
  | {readonly action: 'remove'; readonly worker: string; readonly reason: string};

/** One step at a time. `changedAt`: of the last add or remove, or when looking began. */
export function decideWorkers(rule: WorkerScaleRule, look: WorkersLook, changedAt: number): WorkerStep {
  const {at, workers, waiting} = look;
  const staying = workers.filter(({leaving}) => !leaving);
  const gone = workers.find(({leaving, running}) => leaving && running === 0);
  const rests = changedAt + rule.cooldownMs - at;
  if (gone && rests <= 0) return {action: 'remove', worker: gone.name, reason: 'nothing runs there any more'};
  const resting = (why: string): WorkerStep => ({
    action: 'none',
    reason: `${why}, in ${Math.ceil(rests / 1000)}s`,
  });
  if (staying.length < rule.min) {
    const why = `${staying.length} workers, min is ${rule.min}`;
    return rests > 0 ? resting(why) : {action: 'add', count: rule.min - staying.length, reason: why};
  }
  if (waiting.count > 0 && waiting.since !== undefined && at - waiting.since >= rule.waitMs) {
    const why = `${waiting.count === 1 ? '1 workload waits' : `${waiting.count} workloads wait`} for room`;
    if (staying.length >= rule.max) return {action: 'none', reason: `${why}, and max is ${rule.max}`};
    return rests > 0 ? resting(why) : {action: 'add', count: 1, reason: why};
  }
  if (waiting.count > 0) return {action: 'none', reason: `${waiting.count} workloads wait, not for long`};
  return retirement(rule, look, staying, rests);
}

function retirement(
  rule: WorkerScaleRule,
  {at}: WorkersLook,
  staying: readonly WorkerLook[],
  rests: number,
): WorkerStep {
  // Who is drained by somebody else is somebody else's.
  const idle = staying
    .filter(
      ({well, drained, idleSince}) => well && !drained && idleSince !== undefined && at - idleSince >= rule.idleMs,
    )
    .sort((a, b) => a.idleSince! - b.idleSince! || (a.name < b.name ? -1 : 1));
  if (staying.length > rule.max && idle.length === 0)
    return {action: 'none', reason: `${staying.length} workers, max is ${rule.max}, and none is idle`};
  if (idle.length === 0) return {action: 'none', reason: 'nobody waits, nobody is idle for long'};
  if (staying.length <= rule.min) return {action: 'none', reason: `min is ${rule.min}`};
  if (rests > 0) return {action: 'none', reason: `${idle[0]!.name} is idle, rests ${Math.ceil(rests / 1000)}s`};
  return {action: 'retire', worker: idle[0]!.name, reason: `idle since ${new Date(idle[0]!.idleSince!).toISOString()}`};
}
