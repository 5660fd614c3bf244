import {UserError} from '../../spec/errors.ts';
import type {Coordinator} from '../coordinator.ts';
import type {Actor, Scope, WorkloadId, WorkloadQuery, WorkloadRow} from '../store/store.ts';
import {hasEnded, workloadStates} from '../workload-states.ts';

/** At least one of them. */
export interface CancelFilter extends Omit<WorkloadQuery, 'limit' | 'after'> {
  readonly ids?: readonly WorkloadId[];
}

const MOST = 10_000;
const AT_ONCE = 50;

/** Those that were cancelled, or will be; what had ended before is left alone. */
export async function cancelAll(
  coordinator: Coordinator,
  scope: Scope,
  filter: CancelFilter,
  actor: Actor,
): Promise<readonly WorkloadRow[]> {
  const ids = filter.ids ?? (await found(coordinator, scope, filter));
  const done: WorkloadRow[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE).map(id => cancelOne(coordinator, scope, id, actor));
    done.push(...(await Promise.all(some)).filter(row => row !== undefined));
  }
  return done;
}

async function found(
  {store}: Coordinator,
  scope: Scope,
  {states, ids: _, ...filter}: CancelFilter,
): Promise<readonly WorkloadId[]> {
  const living = (states ?? workloadStates).filter(state => !hasEnded(state));
  if (living.length === 0) return [];
  const query: WorkloadQuery = {...filter, states: living, limit: 500};
  const ids: WorkloadId[] = [];
  let after: string | undefined;
  do {
    const page = await store.workloads(scope, {...query, after});
    ids.push(...page.items.map(({id}) => id));
    after = page.next;
  } while (after !== undefined && ids.length < MOST);
  return ids.slice(0, MOST);
}

/** Undefined: there is none, or it has ended. */
async function cancelOne(coordinator: Coordinator, scope: Scope, id: WorkloadId, actor: Actor) {
  try {
    return await coordinator.ask(scope, id, 'cancel', actor);
  } catch (error) {
    if (error instanceof UserError && error.code === 'not-possible') return undefined;
    throw error;
  }
}
