import {type FinishedSpan, spanIdOf, type Tracing, traceContextOf} from '../../telemetry/tracing/index.ts';
import type {WorkloadRow} from '../store/store.ts';
import type {Attempt, WorkloadType} from '../types/workload-type.ts';
import {attemptSpanId} from './workload-spans.ts';

/** The type of one attempt, which tells how long its parts took: image, inputs and checkpoint; the start; the clean-up. */
export function tracedType(
  type: WorkloadType,
  row: WorkloadRow,
  {tracing, now}: {readonly tracing: Tracing; readonly now: () => number},
): WorkloadType {
  const submitted = traceContextOf(row.traceparent);
  if (!tracing.on || !submitted?.sampled) return type;
  const parts = {'niyanta.workload.id': row.id, 'niyanta.attempt': row.attempt, 'niyanta.host': row.worker ?? ''};
  let count = 0;
  const tell = (name: string, startMs: number, error?: unknown) => {
    count += 1;
    const span: FinishedSpan = {
      name,
      context: {...submitted, spanId: spanIdOf(submitted.traceId, row.id, name, row.attempt, startMs, count)},
      parent: attemptSpanId(row, submitted.traceId, row.attempt),
      kind: 'internal',
      startMs,
      endMs: now(),
      attributes: parts,
      ...(error !== undefined && {error: error instanceof Error ? error.message : String(error)}),
    };
    tracing.finished(span);
  };
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const began = now();
    try {
      const answer = await work();
      tell(name, began);
      return answer;
    } catch (error) {
      tell(name, began, error);
      throw error;
    }
  };
  return {
    name: type.name,
    config: type.config,
    onHost: type.onHost,
    init: attempt => timed('prepare (image, inputs)', () => type.init(attempt)),
    execute(attempt) {
      const began = now();
      let told = false;
      const started = () => {
        if (!told) tell('start container', began);
        told = true;
        attempt.report.started();
      };
      return type.execute(reporting(attempt, started));
    },
    checkpoint: (attempt, notice) => timed('write checkpoint', () => type.checkpoint(attempt, notice)),
    close: attempt => timed('finish', () => type.close(attempt)),
  };
}

const reporting = (attempt: Attempt, started: () => void): Attempt => ({
  ...attempt,
  report: {...attempt.report, started},
});
