/**
 * What a job's container finds, and what of it is a checkpoint (docs/WORKLOADS.md). A checkpoint is complete when the
 * file with its checksums, as sha256sum(1) prints them, was renamed into place.
 */
export const contract = {
  checkpointDir: '/niyanta/checkpoint',
  restoreFrom: '/niyanta/restore',
  /** In the checkpoint's folder: what belongs to the checkpoint, `HEX  NAME` a line. */
  sums: 'SHA256SUMS',
  /** Beside it: a number from 0 to 100. */
  progress: 'progress',
  /** There from a notice on: until when a checkpoint is waited for, in seconds since 1970. */
  deadline: '/niyanta/notice/deadline',
  /** The exit code of a job that wrote a checkpoint and ended for it. */
  checkpointedExit: 85,
} as const;

/** The contract's own variables; they win over those of the job. */
export const contractEnv = ({
  workload,
  attempt,
  restored,
}: {
  readonly workload: string;
  readonly attempt: number;
  readonly restored: boolean;
}): Readonly<Record<string, string>> => ({
  NIYANTA_WORKLOAD_ID: workload,
  NIYANTA_ATTEMPT: String(attempt),
  NIYANTA_CHECKPOINT_DIR: contract.checkpointDir,
  NIYANTA_CHECKPOINT_DEADLINE: contract.deadline,
  ...(restored ? {NIYANTA_RESTORE_FROM: contract.restoreFrom} : {}),
});
