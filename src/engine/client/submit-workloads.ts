import {readFile} from 'node:fs/promises';
import {UserError} from '../spec/errors.ts';
import {unreadable} from '../spec/files.ts';
import type {Workload} from '../spec/workload.ts';
import {workloadDocument} from '../spec/workload-document.ts';
import {type ApiClient, answerOf, type Schemas} from './api-client.ts';

export interface SubmitWish {
  /** The same for the same submission: sent again it gives the workloads of then. */
  readonly idempotencyKey: string;
  /** For whom, with a key of the whole coordinator. */
  readonly customer?: string;
}

export interface Submitted {
  readonly workloads: readonly {readonly id: string; readonly name: string; readonly doubled: boolean}[];
  readonly schedules: readonly {readonly id: string; readonly name: string}[];
}

/** Input files are sent in the body: more than this together belongs elsewhere. */
const MAX_INPUT_BYTES = 8 * 2 ** 20;

/**
 * Sends workloads with their input files; those without a schedule all or none, those with one as schedules, after them.
 * Errors: UserError `file-unreadable`, `inputs-too-large`, `image-not-sent`; those of the server.
 */
export async function submitWorkloads(
  {api}: ApiClient,
  workloads: readonly Workload[],
  {idempotencyKey, customer}: SubmitWish,
): Promise<Submitted> {
  const bodies = await bodiesOf(workloads);
  const query = customer === undefined ? {} : {customer};
  const now = workloads.flatMap((workload, index) =>
    workload.schedule ? [] : [{name: workload.name, body: bodies[index]!}],
  );
  const header = {'idempotency-key': idempotencyKey};
  const sent =
    now.length === 0
      ? []
      : (
          await answerOf(
            api.POST('/v1/workloads/batch', {params: {query, header}, body: {workloads: now.map(({body}) => body)}}),
          )
        ).items;
  const schedules: {id: string; name: string}[] = [];
  for (const [index, workload] of workloads.entries()) {
    if (!workload.schedule) continue;
    const {id} = await answerOf(api.POST('/v1/schedules', {params: {query}, body: bodies[index]!}));
    schedules.push({id, name: workload.name});
  }
  return {workloads: sent.map(({id, doubled}, index) => ({id, name: now[index]!.name, doubled})), schedules};
}

async function bodiesOf(workloads: readonly Workload[]): Promise<readonly Schemas['Submission'][]> {
  let bytes = 0;
  const bodies: Schemas['Submission'][] = [];
  for (const workload of workloads) {
    const inputs: Record<string, string> = {};
    for (const {source, target} of workload.inputs.files) {
      const content = await readFile(source).catch((error: unknown) => {
        const message = `${workload.name}: the input ${source}: ${unreadable(error)}`;
        throw new UserError({code: 'file-unreadable', message});
      });
      bytes += content.length;
      inputs[target] = content.toString('base64');
    }
    if (bytes > MAX_INPUT_BYTES) throw tooLarge(bytes);
    const document = JSON.parse(JSON.stringify(workloadDocument(workload))) as Schemas['SubmittedWorkload'];
    bodies.push({workload: document, ...(Object.keys(inputs).length > 0 && {inputs})});
  }
  return bodies;
}

const tooLarge = (bytes: number): UserError =>
  new UserError({
    code: 'inputs-too-large',
    message: `the input files have ${(bytes / 2 ** 20).toFixed(1)} MiB together; at most 8 MiB are sent`,
    hint: 'Put large files into the image, a mount of the host, or object storage.',
  });
