import type {Spent} from '../store/store.ts';

/** Of what workloads reserve, for an hour. */
export interface CostRates {
  readonly cpuHour: number;
  readonly memoryGibHour: number;
  readonly gpuHour: number;
  /** A word for people: `EUR`. */
  readonly currency?: string;
}

export const noCosts: CostRates = {cpuHour: 0, memoryGibHour: 0, gpuHour: 0};

export interface Costs extends Pick<Spent, 'customer' | 'name' | 'version' | 'workloads' | 'attempts'> {
  readonly hours: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
  readonly gpuHours: number;
  readonly cost: number;
}

/** What was spent, in hours and in money. */
export function costsOf(spent: Spent, rates: CostRates): Costs {
  const {customer, name, version, workloads, attempts} = spent;
  const cpuHours = spent.coreSeconds / 3600;
  const memoryGibHours = spent.byteSeconds / 3600 / 2 ** 30;
  const gpuHours = spent.gpuSeconds / 3600;
  return {
    customer,
    ...(name !== undefined && {name}),
    ...(version !== undefined && {version}),
    workloads,
    attempts,
    hours: spent.seconds / 3600,
    cpuHours,
    memoryGibHours,
    gpuHours,
    cost: cpuHours * rates.cpuHour + memoryGibHours * rates.memoryGibHour + gpuHours * rates.gpuHour,
  };
}
