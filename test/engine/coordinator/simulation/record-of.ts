import type {Submission} from '../../../../src/engine/coordinator/store/store.ts';
import {storeOf} from '../../../../src/engine/coordinator/store/verbs-of.ts';
import type {RecordedHistory, StoredWorkload} from '../harness/recorded-history.ts';
import type {SimWorld} from './sim-world.ts';

interface Known {
  readonly acknowledged: RecordedHistory['acknowledged'];
  readonly submitted: readonly Submission[];
  /** Of which people wanted something: they take no turns any more. */
  readonly asked: ReadonlySet<string>;
}

/** What there is to know of a simulated run that is over; after a backup was put back, from then on. */
export async function recordOf(
  {database, containers, hosts}: SimWorld,
  restoredAt: number | undefined,
  {acknowledged, submitted, asked}: Known,
): Promise<RecordedHistory> {
  const inspected = {
    kind: 'sqlite' as const,
    read: <T>(work: Parameters<typeof database.inspect<T>>[0]) => database.inspect(work),
    write: () => Promise.reject(new Error('only read')),
    writeAlone: () => Promise.reject(new Error('only read')),
    onHint: async () => async () => {},
    close: async () => {},
  };
  const store = storeOf(inspected, {usageHalfLifeMs: 1});
  const [{items}, events] = await Promise.all([
    store.workloads('everyone', {limit: 100_000}),
    store.events('everyone', {limit: 100_000}),
  ]);
  const byId = new Map(submitted.map(each => [each.id, each]));
  return {
    acknowledged,
    events,
    workloads: items.map(row => ({
      ...row,
      waits: row.workload.onLost === 'wait',
      line: asked.has(row.id) ? undefined : lineOf(byId.get(row.id)),
    })) satisfies readonly StoredWorkload[],
    ...(restoredAt === undefined && {containers}),
    left: hosts.flatMap(host => host.found().map(({workload, attempt}) => ({host: host.name, workload, attempt}))),
  };
}

/** Those of one customer, priority and shape start in the order of their acceptance, unless they wait for something else. */
function lineOf(submission: Submission | undefined): string | undefined {
  if (!submission) return undefined;
  const {customer, workload} = submission;
  if (workload.after.length > 0 || workload.concurrency) return undefined;
  return `${customer} ${workload.priority} ${workload.resources.cpu}`;
}
