import {type ApiClient, answerOf, type Schemas} from './api-client.ts';

/** Asks the same of several workloads, one after another. Errors: those of the first that refuses. */
export async function wish(
  {api}: ApiClient,
  what: 'cancel' | 'pause' | 'resume' | 'retry',
  ids: readonly string[],
): Promise<readonly Schemas['Workload'][]> {
  const done: Schemas['Workload'][] = [];
  for (const id of ids) {
    const params = {path: {id}};
    done.push(await answerOf(api.POST(`/v1/workloads/{id}/${what}`, {params})));
  }
  return done;
}
