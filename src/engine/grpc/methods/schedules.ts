import {notFound, ownerAsked, scopeAsked, scopeOf} from '../../coordinator/access/index.ts';
import {putSchedule, putSplitSchedule} from '../../coordinator/requests/put-schedule.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {ScheduleRequest} from '../messages.d.ts';
import {scheduleOf} from '../wire/answers.ts';
import {customer, neededWord, wrong} from '../wire/read-fields.ts';
import {variantsOf, writtenOf} from '../wire/read-submission.ts';

type Names =
  | 'PutSchedule'
  | 'PutSplitSchedule'
  | 'ListSchedules'
  | 'GetSchedule'
  | 'RemoveSchedule'
  | 'SuspendSchedule'
  | 'ResumeSchedule';

export function scheduleMethods(reception: Reception): Pick<Methods, Names> {
  const {store} = reception.coordinator;

  const by = async (request: {readonly customer: string}, {who, requestId}: Caller) => ({
    who,
    requestId,
    owner: await ownerAsked(who, customer(request.customer), reception),
  });

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
    async PutSchedule(request, caller) {
      const written = writtenOf({...request, after: [], notBefore: null}, []);
      return scheduleOf(await putSchedule(reception, written, await by(request, caller)));
    },
    async PutSplitSchedule(request, caller) {
      const variants = variantsOf(request.variants);
      const early = variants.findIndex(({submission: {after, notBefore}}) => after || notBefore !== undefined);
      if (early >= 0)
        throw wrong(['variants', early, 'submission'], 'must not say after or not_before: it has a schedule');
      return scheduleOf(await putSplitSchedule(reception, variants, await by(request, caller)));
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
