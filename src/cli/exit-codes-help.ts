import {Exit} from '../engine/spec/exit-codes.ts';

/** What each exit code means, for help and the reference. */
export const exitCodeMeanings: Readonly<Record<keyof typeof Exit, string>> = {
  ok: 'done',
  failed: 'failed',
  changes: 'changes present (only with --detailed-exitcode)',
  cancelled: 'cancelled or not confirmed',
  lockHeld: 'lock held by another',
  partlyApplied: 'applied in part',
  rolledBack: 'failed and rolled back',
  rollbackFailed: 'rollback failed',
  stalePlan: 'stale plan',
  usage: 'wrong usage or invalid file',
  interrupted: 'interrupted',
};

/** The table as text, one code a line. exec passes the code of the command it ran. */
export function exitCodesText(): string {
  const rows = Object.entries(Exit).map(
    ([name, code]) => `${String(code).padStart(3)}  ${exitCodeMeanings[name as keyof typeof Exit]}`,
  );
  return [...rows, '     exec passes on the exit code of the command it ran'].join('\n');
}
