import {UserError} from '../spec/errors.ts';
import {type ApiClient, answerOf} from './api-client.ts';
import {wish} from './wish.ts';

const unfinished = [
  'PENDING',
  'SCHEDULED',
  'STARTING',
  'RUNNING',
  'CHECKPOINTING',
  'PAUSED',
  'RETRYING',
  'LOST',
] as const;

/** Suspends a customer, so that nothing more comes, and cancels what has not ended. Errors: those of the server. */
export async function cancelAllOf(client: ApiClient, id: string): Promise<void> {
  const {api} = client;
  const params = {path: {id}};
  const {name, tier, limits} = await answerOf(api.GET('/v1/customers/{id}', {params}));
  await answerOf(api.PUT('/v1/customers/{id}', {params, body: {name, tier, limits, suspended: true}}));
  for (let after: string | undefined; ; ) {
    const query = {customer: id, state: [...unfinished], limit: 500, ...(after !== undefined && {after})};
    const page = await answerOf(api.GET('/v1/workloads', {params: {query}}));
    for (const workload of page.items) await wish(client, 'cancel', [workload.id]).catch(endedMeanwhile);
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** False, with `patient`, where it still has something that has not ended. Errors: those of the server. */
export async function removeCustomer({api}: ApiClient, id: string, patient: boolean): Promise<boolean> {
  try {
    await answerOf(api.DELETE('/v1/customers/{id}', {params: {path: {id}}}));
    return true;
  } catch (error) {
    const waits = error instanceof UserError && error.code === 'not-possible' && /not ended$/.test(error.message);
    if (patient && waits) return false;
    throw error;
  }
}

function endedMeanwhile(error: unknown): void {
  if (!(error instanceof UserError && error.code === 'not-possible')) throw error;
}
