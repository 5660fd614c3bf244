import type {GaugeValue} from '../../telemetry/metrics/measures.ts';
import type {WorkerBeat, WorkloadRow} from '../store/store.ts';
import {holdsPlace} from '../workload-states.ts';

/** What is known of a worker, for figures. */
export interface WorkerFigures {
  readonly name: string;
  readonly beat: WorkerBeat | undefined;
  /** Whether something may be placed there. */
  readonly usable: boolean;
}

export interface QueueFigures {
  readonly depth: readonly GaugeValue<'niyanta_queue_depth'>[];
  readonly oldestMs: number;
  readonly customers: readonly GaugeValue<'niyanta_customer_workloads'>[];
}

/** Priorities are told by tens: `50` is 50 to 59, `100` is 100. */
const bands = Array.from({length: 11}, (_, index) => index * 10);

/** Who waits, from all that has not ended. `most`: customers with figures of their own; the rest is `other`. */
export function queueFigures(rows: Iterable<WorkloadRow>, now: number, most: number): QueueFigures {
  const depth = new Map(bands.map(band => [band, 0]));
  const customers = new Map<string, {waiting: number; placed: number}>();
  let oldest = now;
  for (const row of rows) {
    const placed = holdsPlace(row.state);
    const waiting = row.state === 'PENDING' || row.state === 'RETRYING';
    if (!placed && !waiting) continue;
    const of = customers.get(row.customer) ?? {waiting: 0, placed: 0};
    customers.set(row.customer, of);
    of[placed ? 'placed' : 'waiting'] += 1;
    if (!waiting) continue;
    const band = Math.min(100, Math.max(0, Math.floor(row.workload.priority / 10) * 10));
    depth.set(band, depth.get(band)! + 1);
    if (mayRun(row, now)) oldest = Math.min(oldest, row.acceptedAt);
  }
  const ranked = [...customers].sort(([, a], [, b]) => b.waiting + b.placed - (a.waiting + a.placed));
  return {
    depth: [...depth].map(([band, value]) => ({labels: {priority: String(band)}, value})),
    oldestMs: now - oldest,
    customers: ranked.flatMap(([name, of], index) => {
      const customer = index < most ? name : 'other';
      return [
        {labels: {customer, state: 'waiting'}, value: of.waiting},
        {labels: {customer, state: 'placed'}, value: of.placed},
      ];
    }),
  };
}

/** Whoever waits for a time or for others is not waiting too long. */
const mayRun = (row: WorkloadRow, now: number): boolean =>
  row.waitsFor.length === 0 && (row.notBefore === undefined || row.notBefore <= now);

export interface PlaceFigures {
  readonly workloads: readonly GaugeValue<'niyanta_worker_workloads'>[];
  readonly capacityCpu: readonly GaugeValue<'niyanta_worker_capacity_cpu_cores'>[];
  readonly capacityMemory: readonly GaugeValue<'niyanta_worker_capacity_memory_bytes'>[];
  readonly reservedCpu: readonly GaugeValue<'niyanta_worker_reserved_cpu_cores'>[];
  readonly reservedMemory: readonly GaugeValue<'niyanta_worker_reserved_memory_bytes'>[];
  readonly utilisation: readonly GaugeValue<'niyanta_worker_utilisation_ratio'>[];
}

/** What is given out of what workers have. */
export function placeFigures(placed: readonly WorkloadRow[], workers: readonly WorkerFigures[]): PlaceFigures {
  const all = workers.map(({name, beat, usable}) => {
    const rows = placed.filter(row => row.worker === name);
    const sum = (of: 'cpu' | 'memory' | 'gpu') =>
      rows.reduce((most, {workload}) => most + (workload.resources[of] ?? 0), 0);
    const has = beat?.capacity ?? {cpu: 0, memory: 0, gpu: 0};
    return {
      host: name,
      usable,
      count: rows.length,
      has,
      given: {cpu: sum('cpu'), memory: sum('memory'), gpu: sum('gpu')},
    };
  });
  const each = (value: (of: (typeof all)[number]) => number) =>
    all.map(of => ({labels: {host: of.host}, value: value(of)}));
  const usable = all.filter(of => of.usable);
  return {
    workloads: each(of => of.count),
    capacityCpu: each(of => of.has.cpu),
    capacityMemory: each(of => of.has.memory),
    reservedCpu: each(of => of.given.cpu),
    reservedMemory: each(of => of.given.memory),
    utilisation: (['cpu', 'memory', 'gpu'] as const).map(resource => {
      const has = usable.reduce((sum, of) => sum + of.has[resource], 0);
      const given = usable.reduce((sum, of) => sum + of.given[resource], 0);
      return {labels: {resource}, value: has === 0 ? 0 : given / has};
    }),
  };
}
