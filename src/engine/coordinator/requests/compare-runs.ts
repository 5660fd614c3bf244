import {type Comparison, compareVersions} from '../comparing/compare-versions.ts';
import type {Scope, Store} from '../store/store.ts';

/** The newest of them. */
const mostRuns = 20_000;

/** Versions of a workload against each other, by the newest runs that are kept. */
export async function compareRuns(store: Store, scope: Scope, name: string): Promise<Comparison> {
  const rows = await store.runsOf(scope, name, mostRuns);
  return compareVersions(
    rows.map(({version, state, startedAt, endedAt}) => ({
      ...(version !== undefined && {version}),
      succeeded: state === 'SUCCEEDED',
      ...(startedAt !== undefined && {durationMs: endedAt - startedAt}),
    })),
  );
}
