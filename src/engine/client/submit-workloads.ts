import type {Workload} from '../spec/workload.ts';
import {type ApiClient, answerOf} from './api-client.ts';
import {type SendWish, sendContents} from './send-contents.ts';
import {type LocalSource, type SendableImage, submissionBodies} from './submission-bodies.ts';

/** A workload that was submitted before. */
export interface AfterId {
  readonly id: string;
  readonly on: 'success' | 'failure' | 'always';
}

export interface SubmitWish extends SendWish {
  /** The same for the same submission: sent again it gives the workloads of then. */
  readonly idempotencyKey: string;
  /** What has to end before any of them starts. */
  readonly after?: readonly AfterId[];
  /** Opens images that are files here, and builds those that are built here. */
  readonly openImage: (source: LocalSource) => Promise<SendableImage>;
}

export interface Submitted {
  readonly workloads: readonly {readonly id: string; readonly name: string; readonly doubled: boolean}[];
  readonly schedules: readonly {readonly id: string; readonly name: string}[];
}

/**
 * Sends workloads with their images and input files; those without a schedule all or none, those with one as schedules,
 * after them. Errors: UserError `file-unreadable`, `content-changed`; those of `openImage` and of the server.
 */
export async function submitWorkloads(
  client: ApiClient,
  workloads: readonly Workload[],
  wish: SubmitWish,
): Promise<Submitted> {
  const {api} = client;
  const {idempotencyKey, customer, after = [], openImage} = wish;
  const {bodies, contents} = await submissionBodies(workloads, openImage);
  if (contents.length > 0) await sendContents(client, contents, wish);
  const query = customer === undefined ? {} : {customer};
  const now = workloads.flatMap((workload, index) =>
    workload.schedule
      ? []
      : [{name: workload.name, body: {...bodies[index]!, ...(after.length > 0 && {after: [...after]})}}],
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
