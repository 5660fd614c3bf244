import {randomUUID} from 'node:crypto';
import {invalidRequest, notFound, ownerAsked, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {storedInputs} from '../../coordinator/requests/stored-inputs.ts';
import {refuseBeyond} from '../../coordinator/requests/submissions.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {ScheduleRequest} from '../messages.d.ts';
import {scheduleOf} from '../wire/answers.ts';
import {customer, neededWord} from '../wire/read-fields.ts';
import {sentFiles} from '../wire/read-submission.ts';
import {objectOf} from '../wire/well-known.ts';

type Names = 'PutSchedule' | 'ListSchedules' | 'GetSchedule' | 'RemoveSchedule' | 'SuspendSchedule' | 'ResumeSchedule';

export function scheduleMethods(reception: Reception): Pick<Methods, Names> {
  const {coordinator, reader} = reception;
  const {store} = coordinator;

  const found = async ({id}: ScheduleRequest, {who}: Caller) => {
    const wanted = neededWord(id, 'id');
    const row = (await store.schedules(scopeOf(who))).find(each => each.id === wanted);
    if (row === undefined) throw notFound('schedule');
    return scheduleOf(row);
  };

  const suspends = (suspended: boolean) => async (request: ScheduleRequest, caller: Caller) => {
    const {who, actor} = caller;
    const there = await store.setSuspended(scopeOf(who), neededWord(request.id, 'id'), suspended, actor);
    if (!there) throw notFound('schedule');
    return found(request, caller);
  };

  return {
    async PutSchedule(request, {who, actor}) {
      const owner = await ownerAsked(who, customer(request.customer), reception);
      const sent = request.sent ? sentFiles(request.sent, ['sent']) : {};
      const written = objectOf(request.workload, ['workload']);
      const workload = await reader.read(written, ['workload'], sent.image !== undefined);
      coordinator.check(workload, ['workload']);
      refuseBeyond(who, workload, ['workload']);
      const {schedule: rule} = workload;
      if (rule === undefined) {
        throw invalidRequest([{code: 'missing', detail: 'is required and missing', path: ['workload', 'schedule']}]);
      }
      const inputs = await storedInputs(
        {inputs: request.inputs, sent},
        {workload, customer: owner.id, store, path: []},
      );
      return scheduleOf(await store.putSchedule({id: randomUUID(), customer: owner.id, workload, rule, inputs}, actor));
    },
    async ListSchedules(request, {who}) {
      return {schedules: (await store.schedules(scopeAsked(who, customer(request.customer)))).map(scheduleOf)};
    },
    GetSchedule: found,
    async RemoveSchedule({id}, {who, actor}) {
      if (!(await store.removeSchedule(scopeOf(who), neededWord(id, 'id'), actor))) throw notFound('schedule');
      return {};
    },
    SuspendSchedule: suspends(true),
    ResumeSchedule: suspends(false),
  };
}
