import type {Operation, Plan} from './plan.ts';

/** Counts what people count: replicas and volumes. A replacement in two parts counts once. */
export function summarise(operations: readonly Operation[]): Plan['summary'] {
  const summary = {create: 0, update: 0, replace: 0, delete: 0};
  const replaced = new Set(operations.filter(o => o.action === 'replace').map(o => `${o.service}-${o.replica}`));
  for (const operation of operations) {
    if (['sweep', 'backup', 'switch', 'hook'].includes(operation.kind)) continue;
    const half = operation.action === 'delete' && replaced.has(`${operation.service}-${operation.replica}`);
    if (!half) summary[operation.action] += 1;
  }
  return summary;
}
