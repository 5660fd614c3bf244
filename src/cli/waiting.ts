import type {LeaseHolder} from '../engine/state/store.ts';
import {waitingText} from '../engine/view/lock-view.ts';
import {printable} from '../engine/view/printable.ts';

const QUIET_MS = 10_000;

/** Notes whom one waits for: at once when that or one's place changes, now and then when only the progress does. */
export function waitingNotes(note: (text: string) => void, clock: () => number = () => performance.now()) {
  let last = {id: '', place: 0, at: 0};
  return (holder: LeaseHolder, place: number): void => {
    const at = clock();
    if (holder.id === last.id && place === last.place && at - last.at < QUIET_MS) return;
    last = {id: holder.id, place, at};
    note(waitingText(holder, place));
  };
}

/** Notes of everything that a change waits for: its turn, and hosts on which an earlier change goes on. */
export const waitingHooks = (note: (text: string) => void) => ({
  onWait: waitingNotes(note),
  onHostBusy: (host: string, doing: readonly string[]): void =>
    note(
      printable(
        `waiting for ${host}, where an earlier change goes on${doing.length > 0 ? `: ${doing.join(', ')}` : ''}`,
      ),
    ),
});
