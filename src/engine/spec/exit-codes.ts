/** The exit codes of every command; the only table of them. docs/reference shows it to people. */
export const Exit = {
  ok: 0,
  failed: 1,
  changes: 2,
  cancelled: 3,
  lockHeld: 4,
  partlyApplied: 5,
  rolledBack: 6,
  rollbackFailed: 7,
  stalePlan: 8,
  usage: 64,
  interrupted: 130,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** The exit code of every way in which a change ends. */
export const exitOfOutcome = {
  unchanged: Exit.ok,
  applied: Exit.ok,
  failed: Exit.failed,
  'partly-applied': Exit.partlyApplied,
  'rolled-back': Exit.rolledBack,
  'rollback-failed': Exit.rollbackFailed,
  cancelled: Exit.interrupted,
} as const satisfies Readonly<Record<string, ExitCode>>;
