import type {LogLine} from '../../engine/coordinator/log-line.ts';
import type {WorkloadNow} from '../../engine/view/workload-view.ts';

/** Where workloads are looked at: a coordinator of this process, or a server. */
export interface FollowSource {
  /** All that are followed, in their order. */
  look(): Promise<readonly WorkloadNow[]>;
  /** Resolves when another look may be worth it. */
  changed(): Promise<void>;
  /** What one prints over all of its attempts, until it has ended. */
  lines(id: string): AsyncIterable<LogLine>;
}

export interface FollowListener {
  /** Its state, attempt, host or reason is another one; of an end, after its last line. */
  onChange(workload: WorkloadNow): Promise<void>;
  onLine?(workload: WorkloadNow, line: LogLine): Promise<void>;
  /** Its log cannot be read (any more). */
  onSilent?(workload: WorkloadNow, error: unknown): void;
  /** Done once when the signal is aborted; what is followed goes on to its end, unless this throws. */
  readonly interrupt: {readonly signal: AbortSignal; cancel(): Promise<void>};
}

const ends = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** Tells what happens to workloads and what they print, until all of them have ended. Returns how they ended. */
export async function followWorkloads(source: FollowSource, listener: FollowListener): Promise<readonly WorkloadNow[]> {
  const {interrupt} = listener;
  const told = new Map<string, string>();
  const logs = new Map<string, Promise<void>>();
  const endings: Promise<void>[] = [];
  let cancelled = false;
  for (;;) {
    if (interrupt.signal.aborted && !cancelled) {
      cancelled = true;
      await interrupt.cancel();
    }
    const all = await source.look();
    for (const workload of all) {
      const {id, state, attempt, worker, reason} = workload;
      if (listener.onLine && attempt > 0 && !logs.has(id)) logs.set(id, readLog(source, workload, listener));
      const now = [state, attempt, worker, state === 'PENDING' || state === 'RETRYING' ? reason : ''].join('\0');
      if (told.get(id) === now) continue;
      told.set(id, now);
      if (ends.includes(state))
        endings.push((logs.get(id) ?? Promise.resolve()).then(() => listener.onChange(workload)));
      else await listener.onChange(workload);
    }
    if (all.every(({state}) => ends.includes(state))) {
      await Promise.all(endings);
      return all;
    }
    await Promise.race([source.changed(), ...(cancelled ? [] : [aborted(interrupt.signal)])]);
  }
}

async function readLog(source: FollowSource, workload: WorkloadNow, listener: FollowListener): Promise<void> {
  try {
    for await (const line of source.lines(workload.id)) await listener.onLine?.(workload, line);
  } catch (error) {
    listener.onSilent?.(workload, error);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise(resolve => signal.addEventListener('abort', () => resolve(), {once: true}));
