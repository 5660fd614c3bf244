import type {Measures} from '../../telemetry/metrics/index.ts';
import type {EnvironmentRow} from '../environments/environments.ts';
import type {Store} from '../store/store.ts';

/** Environments with figures of their own. */
const mostEnvironments = 100;
const pageSize = 500;

const conditions = ['pending', 'healthy', 'changing', 'healing', 'degraded'] as const;

/** What the served stacks are, read whenever somebody reads the metrics. Errors: those of the store. */
export async function tellStackFigures(store: Pick<Store, 'environments'>, measures: Measures): Promise<void> {
  const rows: EnvironmentRow[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.environments('everyone', {limit: pageSize, ...(after !== undefined && {after})});
    rows.push(...page.items);
    after = page.next;
    more = after !== undefined;
  }
  measures.replace('niyanta_stacks', [
    ...conditions.map(condition => ({labels: {condition}, value: 0})),
    ...rows.map(({condition}) => ({labels: {condition}, value: 1})),
  ]);
  measures.replace('niyanta_stack_replicas', rows.flatMap(replicasOf));
}

function replicasOf({id, services}: EnvironmentRow, index: number) {
  const environment = index < mostEnvironments ? id : 'other';
  const sum = (of: 'wanted' | 'good') => services.reduce((all, service) => all + service[of], 0);
  return (['wanted', 'good'] as const).map(condition => ({labels: {environment, condition}, value: sum(condition)}));
}
