import {type Clock, pause} from '../clock.ts';
import type {Log} from '../log.ts';
import type {AttemptReport, Store} from '../store/store.ts';

/**
 * Says what becomes of an attempt, again and again while the database does not answer. Who lets go of an attempt meanwhile
 * is told `fenced`: it must not say more.
 */
export const reporter =
  ({store, clock, log}: {readonly store: Store; readonly clock: Clock; readonly log: Log}) =>
  async (report: AttemptReport, signal: AbortSignal): Promise<'counted' | 'fenced'> => {
    for (let waitMs = 100; !signal.aborted; waitMs = Math.min(2 * waitMs, 5000)) {
      try {
        return (await store.report([report]))[0] ?? 'fenced';
      } catch (error) {
        if (signal.aborted) break;
        log.warn({err: error, workload: report.workload, to: report.to}, 'a report waits for the database');
        await pause(clock, waitMs, signal);
      }
    }
    return 'fenced';
  };
