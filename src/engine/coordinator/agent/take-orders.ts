import type {Msg} from '@nats-io/transport-node';
import {OutsideError} from '../../spec/errors.ts';
import type {Clock} from '../clock.ts';
import {remainsOn} from '../leading/compare-worker.ts';
import {answer} from '../nats/answering.ts';
import type {Broker} from '../nats/broker.ts';
import {type Ordered, ordered, read} from '../nats/messages.ts';
import {doOf} from '../nats/subjects.ts';
import {viewOf} from '../read-logs.ts';
import type {WorkloadType} from '../types/workload-type.ts';
import type {Remains} from '../workers/agent.ts';
import {noCheckpoint} from '../workers/outside-failure.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import type {AgentWorker} from './agent-worker.ts';
import {LogReads} from './log-reads.ts';

export interface TakeOrdersParts {
  readonly name: string;
  readonly broker: Broker;
  readonly pool: WorkerPool;
  readonly types: ReadonlyMap<string, WorkloadType>;
  readonly worker: AgentWorker;
  readonly clock: Clock;
}

/** Attempts in one answer: a message has at most 1 MiB. What is there comes before what is only remembered. */
const mostFound = 8000;

/** Does what coordinators ask this worker for by name, beside its orders. Returns how to stop. */
export function takeOrders({name, broker, pool, types, worker, clock}: TakeOrdersParts): () => void {
  const reads = new LogReads(clock);
  let remains: Remains | undefined;
  const stop = broker.subscribe(doOf(name), (message: Msg) => {
    const what = read(ordered, message.data);
    if (!what) return broker.drop(message.subject, 'orders nothing that there is');
    void answer(message, () => follow(what));
  });
  return () => {
    stop();
    reads.end();
  };

  async function follow(what: Ordered): Promise<unknown> {
    switch (what.kind) {
      case 'found':
        remains = remainsOn({name, connection: connection()}, types.values());
        return (await remains.found(what.endsSince)).slice(0, mostFound);
      case 'clear':
        worker.fence(what.workload, what.attempt);
        await remains?.clear(what);
        return null;
      case 'checkpoint': {
        const execution = worker.executions.get(what.workload);
        if (execution?.attempt !== what.attempt) throw noCheckpoint('it does not run there');
        return execution.checkpoint(what.why);
      }
      case 'open-log':
        return {id: openLog(what)};
      case 'read-log':
        return reads.read(what.id);
      case 'close-log':
        reads.close(what.id);
        return null;
    }
  }

  function openLog({workload, attempt, follow, after}: Extract<Ordered, {kind: 'open-log'}>): string {
    const row = worker.row(workload);
    const type = types.get(row?.workload.type ?? '');
    const logs = type?.logs?.bind(type);
    if (!row || !type || !logs || row.attempt !== attempt) return reads.open(nothing);
    const host = type.onHost ? {name, connection: connection()} : undefined;
    return reads.open(signal =>
      logs(viewOf(row, type, host, signal), {follow, signal, ...(after !== undefined && {after})}),
    );
  }

  function connection() {
    const known = pool.worker(name)?.connection();
    if (known) return known;
    throw new OutsideError({
      code: 'connection-lost',
      message: `${name}: containerd was not reached yet`,
      transient: true,
    });
  }
}

async function* nothing() {}
