import {notFound, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Wish} from '../../coordinator/store/store.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {WorkloadRequest} from '../messages.d.ts';
import {customer, labels, page, states, word, workloadId} from '../wire/read-fields.ts';
import {attemptOf, resultOf, summaryOf, whyOf, workloadOf} from '../wire/workload.ts';

type Names =
  | 'ListWorkloads'
  | 'GetWorkload'
  | 'WhyWorkload'
  | 'ListAttempts'
  | 'GetResult'
  | 'CancelWorkload'
  | 'PauseWorkload'
  | 'ResumeWorkload'
  | 'RetryWorkload';

export function workloadMethods({coordinator}: Reception): Pick<Methods, Names> {
  const {store} = coordinator;

  const found = async ({id}: WorkloadRequest, {who}: Caller) => {
    const row = await store.workload(scopeOf(who), workloadId(id));
    if (row === undefined) throw notFound('workload');
    return row;
  };

  const asks =
    (wish: Wish) =>
    async ({id}: WorkloadRequest, {who, actor}: Caller) => {
      const row = await coordinator.ask(scopeOf(who), workloadId(id), wish, actor);
      if (row === undefined) throw notFound('workload');
      return workloadOf(row);
    };

  return {
    async ListWorkloads(request, {who}) {
      const scope = scopeAsked(who, customer(request.customer));
      const {items, next} = await store.workloads(scope, {
        ...page(request),
        states: states(request.states),
        name: word(request.name, 'name'),
        version: word(request.version, 'version'),
        labels: labels(request.labels),
        batch: word(request.batch, 'batch'),
        schedule: word(request.schedule, 'schedule'),
        worker: word(request.worker, 'worker'),
      });
      return {workloads: items.map(summaryOf), nextPageToken: next ?? ''};
    },
    GetWorkload: async (request, caller) => workloadOf(await found(request, caller)),
    GetResult: async (request, caller) => resultOf(await found(request, caller)),
    async WhyWorkload({id}, {who}) {
      const why = await coordinator.why(scopeOf(who), workloadId(id));
      if (why === undefined) throw notFound('workload');
      return whyOf(why, who.customer === undefined);
    },
    async ListAttempts(request, caller) {
      const {id} = await found(request, caller);
      return {attempts: (await store.attempts(scopeOf(caller.who), id)).map(attemptOf)};
    },
    CancelWorkload: asks('cancel'),
    PauseWorkload: asks('pause'),
    ResumeWorkload: asks('resume'),
    RetryWorkload: asks('retry'),
  };
}
