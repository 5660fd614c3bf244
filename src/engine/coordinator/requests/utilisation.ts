import type {Reserved, WorkerRow} from '../store/store.ts';

export interface Share {
  readonly reserved: number;
  readonly capacity: number;
  /** Absent where there is none. */
  readonly percent?: number;
}

/** Cores, bytes, devices. */
interface Held {
  readonly workloads: number;
  readonly cpu: Share;
  readonly memory: Share;
  readonly gpu: Share;
}

/** What workloads hold of each worker. */
export interface Utilisation {
  readonly items: readonly (Held & {readonly worker: string})[];
  readonly all: Held;
}

/** Workers that are gone and still hold something count without a capacity. */
export function utilisationOf(workers: readonly WorkerRow[], held: readonly Reserved[]): Utilisation {
  const none = {workloads: 0, cpu: 0, memory: 0, gpu: 0};
  const nothing = {cpu: 0, memory: 0, gpu: 0};
  const names = [...new Set([...workers.map(({name}) => name), ...held.map(({worker}) => worker)])].sort();
  const items = names.map(worker => {
    const capacity = workers.find(({name}) => name === worker)?.capacity ?? nothing;
    const {workloads, cpu, memory, gpu} = held.find(each => each.worker === worker) ?? none;
    return {
      worker,
      workloads,
      cpu: shareOf(cpu, capacity.cpu),
      memory: shareOf(memory, capacity.memory),
      gpu: shareOf(gpu, capacity.gpu),
    };
  });
  const sum = (of: (item: (typeof items)[number]) => number) => items.reduce((all, item) => all + of(item), 0);
  const together = (resource: 'cpu' | 'memory' | 'gpu') =>
    shareOf(
      sum(item => item[resource].reserved),
      sum(item => item[resource].capacity),
    );
  return {
    items,
    all: {
      workloads: sum(({workloads}) => workloads),
      cpu: together('cpu'),
      memory: together('memory'),
      gpu: together('gpu'),
    },
  };
}

const shareOf = (reserved: number, capacity: number): Share => ({
  reserved,
  capacity,
  ...(capacity > 0 && {percent: Math.round((reserved / capacity) * 1000) / 10}),
});
