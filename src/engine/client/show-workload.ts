import {type ApiClient, answerOf, type Schemas} from './api-client.ts';
import {serverProblem} from './server-problem.ts';

export interface ShownWorkload {
  readonly workload: Schemas['Workload'];
  readonly attempts: readonly Schemas['Attempt'][];
  /** JSON; absent when there is none. */
  readonly result?: unknown;
}

/** A workload, its attempts and its result. Errors: those of the server. */
export async function showWorkload({api}: ApiClient, id: string): Promise<ShownWorkload> {
  const params = {path: {id}};
  const workload = await answerOf(api.GET('/v1/workloads/{id}', {params}));
  const {items: attempts} = await answerOf(api.GET('/v1/workloads/{id}/attempts', {params}));
  if (!workload.hasResult) return {workload, attempts};
  const {result} = await answerOf(api.GET('/v1/workloads/{id}/result', {params}));
  return {workload, attempts, result};
}

/** The files that it left, by path in the container. Errors: those of the server. */
export async function outputsOf(
  client: ApiClient,
  {id, outputs}: Pick<Schemas['Workload'], 'id' | 'outputs'>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of outputs) {
    const parts = path.split('/').filter(Boolean).map(encodeURIComponent);
    const response = await client.fetch(`${client.access.server}/v1/workloads/${id}/outputs/${parts.join('/')}`);
    if (!response.ok) throw serverProblem(response, await response.json().catch(() => undefined));
    files.set(path, new Uint8Array(await response.arrayBuffer()));
  }
  return files;
}
