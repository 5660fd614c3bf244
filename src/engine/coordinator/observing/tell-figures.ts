import type {Measures} from '../../telemetry/metrics/index.ts';
import type {WorkloadRow} from '../store/store.ts';
import {placeFigures, queueFigures, type WorkerFigures} from './queue-figures.ts';

export interface FiguresOf {
  /** All that has not ended. */
  rows(): Iterable<WorkloadRow>;
  placed(): readonly WorkloadRow[];
  workers(): readonly WorkerFigures[];
  /** The database's clock. */
  now(): number;
}

/** Customers with figures of their own. */
const mostCustomers = 50;

/** While a term lasts, its picture of queue and workers is told to whoever reads the metrics. Returns how to stop. */
export function tellFigures(measures: Measures, of: FiguresOf): () => void {
  const stop = measures.onRead(() => {
    const {depth, oldestMs, customers} = queueFigures(of.rows(), of.now(), mostCustomers);
    measures.replace('niyanta_queue_depth', depth);
    measures.set('niyanta_queue_oldest_age_seconds', {}, oldestMs / 1000);
    measures.replace('niyanta_customer_workloads', customers);
    const places = placeFigures(of.placed(), of.workers());
    measures.replace('niyanta_worker_workloads', places.workloads);
    measures.replace('niyanta_worker_capacity_cpu_cores', places.capacityCpu);
    measures.replace('niyanta_worker_capacity_memory_bytes', places.capacityMemory);
    measures.replace('niyanta_worker_reserved_cpu_cores', places.reservedCpu);
    measures.replace('niyanta_worker_reserved_memory_bytes', places.reservedMemory);
    measures.replace('niyanta_worker_utilisation_ratio', places.utilisation);
  });
  return () => {
    stop();
    for (const name of told) measures.replace(name, []);
  };
}

const told = [
  'niyanta_queue_depth',
  'niyanta_queue_oldest_age_seconds',
  'niyanta_customer_workloads',
  'niyanta_worker_workloads',
  'niyanta_worker_capacity_cpu_cores',
  'niyanta_worker_capacity_memory_bytes',
  'niyanta_worker_reserved_cpu_cores',
  'niyanta_worker_reserved_memory_bytes',
  'niyanta_worker_utilisation_ratio',
] as const;
