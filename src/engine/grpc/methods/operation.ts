import {scopeAsked} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {settingsOf} from '../../coordinator/requests/settings-now.ts';
import type {Methods} from '../calls/caller.ts';
import {eventOf} from '../wire/answers.ts';
import {customer, eventNumber, eventTypes, page, workloadId} from '../wire/read-fields.ts';

/** What who runs a coordinator asks of it: its settings, and what was done. */
export function operationMethods(
  reception: Reception,
): Pick<Methods, 'WhoAmI' | 'GetSettings' | 'ReloadSettings' | 'ReadAudit'> {
  const {store} = reception.coordinator;
  return {
    async WhoAmI(_, {who}) {
      return {name: who.name, role: who.role, customer: who.customer?.id ?? '', scopes: who.scopes ?? []};
    },
    async GetSettings() {
      return {settings: reception.settingsNow?.list() ?? []};
    },
    async ReloadSettings(_, {actor}) {
      const {atRunTime, atRestart} = await settingsOf(reception).reload(actor);
      return {atRunTime, atRestart};
    },
    async ReadAudit(request, {who}) {
      const {limit, after} = page(request);
      const rows = await store.events(scopeAsked(who, customer(request.customer)), {
        after: after === undefined ? undefined : eventNumber(after),
        workload: request.workload === '' ? undefined : workloadId(request.workload, ['workload']),
        types: eventTypes(request.types),
        limit,
      });
      const last = rows.at(-1);
      return {events: rows.map(eventOf), nextPageToken: rows.length === limit && last ? String(last.seq) : ''};
    },
  };
}
