import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Broker} from '../nats/broker.ts';
import {tellBroker} from '../nats/tell-broker.ts';
import {tellHostFigures} from '../observing/host-figures.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import type {AgentWorker} from './agent-worker.ts';

export interface WorkerFiguresParts {
  readonly broker: Broker;
  /** This machine, as the only worker in it. */
  readonly pool: WorkerPool;
  readonly worker: Pick<AgentWorker, 'row' | 'executions'>;
  readonly measures: Measures;
  readonly everyMs: number;
}

/** What a worker tells of itself: its attempts, its broker, its machine and containers. Returns how to stop. */
export function tellWorkerFigures({worker, broker, measures, pool, everyMs}: WorkerFiguresParts): () => Promise<void> {
  const stopBroker = tellBroker(measures, broker);
  const rows = {workload: async (_: unknown, id: string) => worker.row(id)};
  const stopHost = tellHostFigures({workers: pool, store: rows, measures, everyMs});
  const stopAttempts = measures.onRead(() =>
    measures.set('niyanta_worker_attempts', {}, [...worker.executions.all()].length),
  );
  return async () => {
    stopBroker();
    stopAttempts();
    await stopHost();
  };
}
