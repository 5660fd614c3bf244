import {notFound} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {WorkerRequest} from '../messages.d.ts';
import {workerOf} from '../wire/answers.ts';
import {neededWord} from '../wire/read-fields.ts';

export function workerMethods({
  coordinator,
}: Reception): Pick<Methods, 'ListWorkers' | 'DrainWorker' | 'UndrainWorker'> {
  const drains =
    (drained: boolean) =>
    async (request: WorkerRequest, {actor}: Caller) => {
      const name = neededWord(request.name, 'name');
      const there = await coordinator.drain(name, drained, actor);
      const worker = there ? (await coordinator.workers()).find(each => each.name === name) : undefined;
      if (worker === undefined) throw notFound('worker');
      return workerOf(worker);
    };
  return {
    async ListWorkers() {
      return {workers: (await coordinator.workers()).map(workerOf)};
    },
    DrainWorker: drains(true),
    UndrainWorker: drains(false),
  };
}
