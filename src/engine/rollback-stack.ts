import {type ApplyEnd, type ApplyStackOptions, applyStack} from './apply-stack.ts';
import {atHome} from './portable-stack.ts';
import type {Session, StackSession} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {Stack} from './spec/stack.ts';
import {findSerial} from './state/history.ts';
import type {EnvironmentState, HistoryEntry, PinnedReference} from './state/lock-file.ts';

export interface RollbackOptions extends Omit<ApplyStackOptions, 'purpose' | 'saved' | 'locked' | 'pull' | 'targets'> {
  /** The serial to go back to; the one applied before the present one when absent. */
  readonly to?: number;
}

/**
 * Brings the whole stack back to what an earlier apply ran, with the images it had then, whatever the files say now.
 * Errors: UserError `nothing-to-roll-back`, `unknown-serial`, `serial-too-old`.
 */
export async function rollbackStack(session: Session, options: RollbackOptions): Promise<ApplyEnd> {
  const {session: then, pins} = await ranBefore(session, options.to);
  return applyStack(then, {...options, purpose: 'rollback', pull: false, locked: false, pins});
}

/** What ran at a serial, or before the present one: its stack, with the images of then. Errors: as `rollbackStack`. */
export async function ranBefore(
  session: Session,
  to: number | undefined,
): Promise<{readonly session: StackSession; readonly pins: Readonly<Record<string, PinnedReference>>}> {
  const lock = await session.store.read();
  const state = lock.environments[session.environment];
  const entry = to === undefined ? previous(state, session.environment) : findSerial(state?.history ?? [], to);
  return {
    session: {...session, stack: atHome(entry.stack, session.project.directory)},
    pins: entry.images ?? {},
  };
}

type Applied = HistoryEntry & {readonly stack: Stack};

/** The newest successful apply whose stack is not the one that runs now; after a destroy nothing runs. */
function previous(state: EnvironmentState | undefined, environment: string): Applied {
  const history = state?.history ?? [];
  const applied = history.filter((entry): entry is Applied => entry.stack !== undefined);
  const now = applied.at(-1);
  const destroyed = history.some(
    ({action, outcome, serial}) => action === 'destroy' && outcome === 'applied' && now && serial > now.serial,
  );
  const before = destroyed ? now : applied.findLast(entry => now && fingerprint(entry) !== fingerprint(now));
  if (before) return before;
  throw new UserError({
    code: 'nothing-to-roll-back',
    message: `environment "${environment}" has no earlier apply to go back to`,
    hint: 'See what there is: niyanta history',
    exit: 1,
  });
}

const fingerprint = ({stack, images}: Applied): string =>
  JSON.stringify([stack, Object.entries(images ?? {}).map(([label, {digest}]) => [label, digest])]);
