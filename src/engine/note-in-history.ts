import type {Change} from './change-environment.ts';
import {copyToHosts} from './environment-copies.ts';
import type {Session} from './session.ts';
import {appendHistory} from './state/history.ts';
import type {HistoryEntry} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import {updateOwn} from './update-own.ts';

/**
 * Writes a line of history about a change that leaves the rest of the state as it is, there and in the hosts' copies.
 * Of an environment that the state does not know there is no history: nothing is written.
 */
export async function noteInHistory(
  session: Session,
  {fleet}: Pick<Change, 'fleet'>,
  line: Pick<HistoryEntry, 'at' | 'action' | 'outcome' | 'summary'>,
): Promise<void> {
  const {store, environment} = session;
  if (!(await store.read()).environments[environment]) return;
  const after = await updateOwn(store, lock => {
    const state = lock.environments[environment];
    if (!state) return lock;
    const history = appendHistory(state.history, {serial: lock.serial + 1, who: ownerName(), ...line});
    return {...lock, environments: {...lock.environments, [environment]: {...state, history}}};
  });
  await copyToHosts(session, fleet, after, {gone: false});
}
