import type {Operation, Plan, ReplicaCount} from '../planner/plan.ts';

/** Operations that say the same of several replicas or hosts, told once. */
export interface OperationGroup {
  /** The first of them; the others differ in replica and host alone. */
  readonly operation: Operation;
  readonly operations: readonly Operation[];
}

/** One service's groups, or those of the hosts themselves. */
export interface PlanSection {
  /** Absent for what concerns hosts and no one service. */
  readonly service?: string;
  /** When it gets another number of replicas. */
  readonly scaled?: ReplicaCount;
  readonly groups: readonly OperationGroup[];
}

/** Sections in the order in which the plan first mentions them. */
export function planSections(plan: Plan): PlanSection[] {
  const byService = Map.groupBy([...plan.operations, ...(plan.onFailure ?? [])], operation => operation.service);
  return [...byService].map(([service, operations]) => {
    const scaled = plan.replicas?.find(one => one.service === service);
    return {service, ...(scaled && {scaled}), groups: groups(operations)};
  });
}

/** `replicas 3 → 5`. */
export const scaledText = ({from, to}: ReplicaCount): string => `replicas ${from} → ${to}`;

function groups(operations: readonly Operation[]): OperationGroup[] {
  return [...Map.groupBy(operations, sameness).values()].map(all => ({operation: all[0]!, operations: all}));
}

/** Equal for operations that may share a line. */
function sameness(operation: Operation): string {
  const {kind, action, reason, changes} = operation;
  const particular = {
    host: '',
    image: operation.kind === 'image' && operation.label,
    volume: operation.kind === 'volume' && operation.volume,
    container: operation.kind === 'container' && [operation.how, operation.order, operation.previous.length > 0],
    backup: operation.kind === 'backup' && operation.volume,
    network: '',
    names: '',
    repair: '',
    sweep: '',
    switch: operation.id,
    hook: operation.kind === 'hook' && operation.hook,
    proxy: '',
    route: '',
  }[kind];
  return JSON.stringify([kind, action, reason, changes, particular]);
}
