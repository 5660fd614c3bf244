/** One step of a graph: runs after the steps it names, within its host's limit. */
export interface Step {
  readonly id: string;
  readonly host: string;
  readonly service?: string;
  readonly after: readonly string[];
}

export type StepEnd = 'done' | 'failed' | 'skipped' | 'cancelled';

export interface GraphOptions<S extends Step> {
  /** How many steps may run at once on one host. */
  readonly limitPerHost: number;
  /** On how many hosts steps may run at once; a host that has begun goes on before another begins. No limit when absent. */
  readonly hostsAtOnce?: number;
  /**
   * Asked when a step fails: whether to go on without its host. What is left to do there is skipped, and of the other
   * hosts what waits for another service there; replicas of the same service go on, since they only took turns.
   */
  readonly goOnWithout?: (step: S, error: unknown) => boolean;
  /** Runs one step; a rejection fails it. */
  readonly run: (step: S) => Promise<void>;
  /** After a failure, start nothing new (`stop`) or go on with what does not depend on it (`continue`). */
  readonly onFailure: 'stop' | 'continue';
  /** Aborted: start nothing new; running steps are waited for. */
  readonly signal: AbortSignal;
}

/**
 * Runs steps as early as their dependencies and the limit of their host allow, in the order given where both allow
 * several. Dependencies that are not among the steps count as done. Ends when nothing runs and nothing can start.
 */
export async function runGraph<S extends Step>(
  steps: readonly S[],
  options: GraphOptions<S>,
): Promise<ReadonlyMap<string, StepEnd>> {
  const known = new Set(steps.map(step => step.id));
  const ends = new Map<string, StepEnd>();
  const waiting = new Set(steps);
  const running = new Map<string, Promise<void>>();
  const busy = new Map<string, number>();
  const given = new Map(steps.map(step => [step.id, step]));
  const absent = new Set<string>();
  const begun = new Set<string>();
  let failed = false;

  /** Whether a step need not wait for another any more, whatever became of that. */
  const onlyTookTurns = (step: S, id: string): boolean => {
    const before = given.get(id);
    if (before === undefined || !absent.has(before.host) || absent.has(step.host)) return false;
    return before.service !== undefined && before.service === step.service;
  };
  const hostMayBegin = (host: string): boolean => {
    if ((busy.get(host) ?? 0) > 0) return true;
    const active = [...busy.values()].filter(count => count > 0).length;
    return active < (options.hostsAtOnce ?? Number.POSITIVE_INFINITY);
  };
  /** Where hosts take turns, those that have begun come first. */
  const inTurn = (): Iterable<S> =>
    options.hostsAtOnce === undefined
      ? waiting
      : [...waiting].sort((a, b) => Number(begun.has(b.host)) - Number(begun.has(a.host)));
  const ended = (id: string): StepEnd | undefined => (known.has(id) ? ends.get(id) : 'done');
  const halted = () => options.signal.aborted || (failed && options.onFailure === 'stop');

  const start = (step: S) => {
    waiting.delete(step);
    begun.add(step.host);
    busy.set(step.host, (busy.get(step.host) ?? 0) + 1);
    const finish = (end: StepEnd) => {
      ends.set(step.id, end);
      running.delete(step.id);
      busy.set(step.host, (busy.get(step.host) ?? 1) - 1);
    };
    running.set(
      step.id,
      options.run(step).then(
        () => finish('done'),
        error => {
          if (!options.signal.aborted && options.goOnWithout?.(step, error)) absent.add(step.host);
          else failed ||= !options.signal.aborted;
          finish(options.signal.aborted ? 'cancelled' : 'failed');
        },
      ),
    );
  };

  const sweep = () => {
    for (const step of inTurn()) {
      const before = step.after.map(id => (onlyTookTurns(step, id) ? 'done' : ended(id)));
      if (absent.has(step.host)) {
        waiting.delete(step);
        ends.set(step.id, 'skipped');
      } else if (before.some(end => end !== undefined && end !== 'done')) {
        waiting.delete(step);
        ends.set(step.id, before.includes('cancelled') ? 'cancelled' : 'skipped');
      } else if (
        !halted() &&
        before.every(end => end === 'done') &&
        (busy.get(step.host) ?? 0) < options.limitPerHost &&
        hostMayBegin(step.host)
      ) {
        start(step);
      }
    }
  };

  for (;;) {
    const left = waiting.size;
    sweep();
    if (waiting.size < left) continue;
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  for (const step of waiting) ends.set(step.id, options.signal.aborted ? 'cancelled' : 'skipped');
  return ends;
}
