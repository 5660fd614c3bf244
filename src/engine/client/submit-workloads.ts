import {UserError} from '../spec/errors.ts';
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

export interface SplitWish extends Omit<SubmitWish, 'after'> {
  /** By version; those that are not named get nothing. */
  readonly weights: ReadonlyMap<string, number>;
  /** The same key always gets the same version. */
  readonly key?: string;
}

/**
 * Submits one of several versions of a workload; of those with a schedule, one each time. Errors: UserError `versions-invalid` (not versions of one workload, or
 * weights of others); otherwise as `submitWorkloads`.
 */
export async function submitSplit(
  client: ApiClient,
  workloads: readonly Workload[],
  wish: SplitWish,
): Promise<Submitted> {
  const {idempotencyKey, customer, openImage, weights, key} = wish;
  const known = workloads.map(({version}) => version ?? '');
  const unknown = [...weights.keys()].filter(version => !known.includes(version));
  if (workloads.length < 2 || unknown.length > 0) {
    const message =
      unknown.length > 0 ? `no workload of the files has the version ${unknown[0]}` : 'there is one version';
    const hint = 'Give the files at least two workloads of one name, each with a version, and a weight to each.';
    throw new UserError({code: 'versions-invalid', message, hint});
  }
  const {bodies, contents} = await submissionBodies(workloads, openImage);
  if (contents.length > 0) await sendContents(client, contents, wish);
  const query = customer === undefined ? {} : {customer};
  const name = workloads[0]!.name;
  const variants = bodies.map((submission, index) => ({submission, weight: weights.get(known[index]!) ?? 0}));
  if (workloads.some(({schedule}) => schedule)) {
    const {id} = await answerOf(client.api.POST('/v1/schedules/split', {params: {query}, body: {variants}}));
    return {workloads: [], schedules: [{id, name}]};
  }
  const params = {query, header: {'idempotency-key': idempotencyKey}};
  const body = {variants, ...(key !== undefined && {key})};
  const {id, doubled, version} = await answerOf(client.api.POST('/v1/workloads/split', {params, body}));
  return {workloads: [{id, name: `${name} ${version ?? ''}`.trim(), doubled}], schedules: []};
}
