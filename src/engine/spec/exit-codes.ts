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
