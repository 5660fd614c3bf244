import {UserError} from '../spec/errors.ts';
import {type ApiClient, answerOf} from './api-client.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const name = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** The id of a workload that was named by it, or by its name: the newest of that name. Errors: UserError `no-such-workload`. */
export async function findWorkload(client: ApiClient, named: string): Promise<string> {
  return uuid.test(named) ? named : (await ofName(client, named, 1))[0]!.id;
}

/**
 * As `findWorkload`, to change them: a name must not leave open which one is meant. Errors: UserError `no-such-workload`;
 * `several-workloads`, when more than one of that name has not ended.
 */
export async function findToChange(client: ApiClient, named: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const each of named) ids.push(uuid.test(each) ? each : await onlyOne(client, each));
  return [...new Set(ids)];
}

async function onlyOne(client: ApiClient, named: string): Promise<string> {
  const items = await ofName(client, named, 500);
  const open = items.filter(({state}) => !ended.includes(state));
  if (open.length < 2) return (open[0] ?? items[0]!).id;
  throw new UserError({
    code: 'several-workloads',
    message: `${open.length} workloads called ${named} have not ended`,
    hint: `Say which by its id: niyanta workload ls --name ${named}`,
  });
}

/** The newest first; at least one. */
async function ofName(client: ApiClient, named: string, limit: number) {
  const items = name.test(named)
    ? (await answerOf(client.api.GET('/v1/workloads', {params: {query: {name: named, limit}}}))).items
    : [];
  if (items.length > 0) return items;
  const message = `there is no workload with the id or name ${JSON.stringify(named)}`;
  throw new UserError({code: 'no-such-workload', message, hint: 'niyanta workload ls lists them.'});
}
