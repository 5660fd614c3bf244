import type {Session} from './session.ts';
import type {HistoryEntry} from './state/lock-file.ts';

/** Every change of the session's environment, newest last; the newest `limit` of them when given. */
export async function showHistory({store, environment}: Session, limit?: number): Promise<readonly HistoryEntry[]> {
  const history = (await store.read()).environments[environment]?.history ?? [];
  return limit === undefined ? history : history.slice(-limit);
}
