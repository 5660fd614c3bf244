import type {Workload} from '../../spec/workload.ts';
import type {WorkerBeat} from '../store/store.ts';

export interface AffinityOutcome {
  readonly kind: 'hard' | 'soft' | 'anti';
  readonly outcome: 'satisfied' | 'missed';
}

/**
 * What became of a workload's rules of placement. Of one that was placed, the hard ones hold and the soft ones may; of one
 * that was found no place although there are usable workers, the hard ones are what is missed.
 */
export function affinityOf(
  {placement}: Pick<Workload, 'placement'>,
  worker: Pick<WorkerBeat, 'name' | 'labels' | 'region'> | undefined,
): readonly AffinityOutcome[] {
  const outcome = worker ? 'satisfied' : 'missed';
  const hard = Object.keys(placement.require).length > 0 || placement.beside.length > 0;
  const soft = worker ? placement.prefer : [];
  return [
    ...(hard ? [{kind: 'hard', outcome} as const] : []),
    ...(placement.avoid.length > 0 ? [{kind: 'anti', outcome} as const] : []),
    ...soft.map(({match}) => ({kind: 'soft', outcome: matches(match, worker!) ? 'satisfied' : 'missed'}) as const),
  ];
}

/** `region` and `host` count as labels. */
function matches(match: Readonly<Record<string, string>>, worker: Pick<WorkerBeat, 'name' | 'labels' | 'region'>) {
  const labels: Readonly<Record<string, string | undefined>> = {
    ...worker.labels,
    region: worker.region,
    host: worker.name,
  };
  return Object.entries(match).every(([label, value]) => labels[label] === value);
}
