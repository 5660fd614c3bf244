import type {z} from 'zod';
import type {WorkerNow} from '../../coordinator/coordinator.ts';
import {timeText} from '../schemas/wire.ts';
import type {workerAnswer} from '../schemas/worker.ts';

export const workerOf = (worker: WorkerNow): z.output<typeof workerAnswer> => {
  const {cpu, memory, gpu, disk} = worker.capacity;
  return {
    name: worker.name,
    kind: worker.kind,
    region: worker.region,
    labels: {...worker.labels},
    capacity: {cpu, memory, gpu, disk},
    drained: worker.drained,
    stopping: worker.stopping,
    seenAt: timeText(worker.seenAt),
    unusable: worker.unusable,
    condition: worker.condition,
    running: worker.running,
  };
};
