import type {AttemptReport, WorkloadRow} from '../store/store.ts';
import type {End} from './attempt-end.ts';
import type {ExecutionParts} from './execution-parts.ts';

/** What becomes of a workload whose attempt has ended. */
export interface Decided {
  readonly to: AttemptReport['to'];
  readonly reason: string;
  /** By the database's clock. */
  readonly notBefore?: number;
}

export interface EndReporterParts extends Pick<ExecutionParts, 'report'> {
  verdict(row: WorkloadRow, end: End): Promise<Decided>;
}

/** Has it decided what an end means for the workload, and says both in one report. */
export const endReporter =
  ({report, verdict}: EndReporterParts): ExecutionParts['ended'] =>
  async (row, end, said, signal) => {
    const {outcome, exitCode, result, outputs} = end;
    const ours = {workload: row.id, attempt: row.attempt, lease: row.lease ?? ''};
    return report({...ours, ...(await verdict(row, end)), outcome, exitCode, result, outputs, ...said}, signal);
  };
