import {createHash, randomUUID} from 'node:crypto';
import type {Readable} from 'node:stream';
import {type ApiClient, answerOf, type Schemas} from './api-client.ts';
import {followStream} from './follow-stream.ts';
import {type SendWish, sendContents} from './send-contents.ts';

export type ChangeOnServer = Schemas['Change'];
export type EnvironmentOnServer = Schemas['Environment'];

/** Sends a project (a tar, the same each time it is opened), of which what the server has is not sent again. */
export async function sendBundle(client: ApiClient, open: () => Readable, wish: SendWish): Promise<Schemas['Bundle']> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of open() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  const sha256 = hash.digest('hex');
  await sendContents(client, [{sha256, size, open}], wish);
  const query = wish.customer === undefined ? {} : {customer: wish.customer};
  return answerOf(
    client.api.POST('/v1/bundles', {params: {query}, body: {file: sha256}, headers: {'Idempotency-Key': sha256}}),
  );
}

/** As a line of `niyanta apply --json`. */
export interface ServerEvent {
  readonly type: string;
  readonly at: string;
}

/** Undefined: there is none. */
export async function findEnvironment(client: ApiClient, id: string): Promise<EnvironmentOnServer | undefined> {
  const {data, error, response} = await client.api.GET('/v1/environments/{id}', {params: {path: {id}}});
  if (response.status === 404) return undefined;
  return answerOf(Promise.resolve({data, error, response}));
}

export interface ApplyOnServer {
  readonly bundle: string;
  readonly targets?: readonly string[];
  readonly pull: boolean;
  readonly onFailure: 'rollback' | 'stop' | 'continue';
  readonly agreed: {readonly serial: number; readonly fingerprint: string};
  readonly customer?: string;
}

export const askApply = (client: ApiClient, {customer, targets, ...rest}: ApplyOnServer): Promise<ChangeOnServer> =>
  answerOf(
    client.api.POST('/v1/environments', {
      params: {query: customer === undefined ? {} : {customer}, header: {'idempotency-key': randomUUID()}},
      body: {...rest, ...(targets && {targets: [...targets]})},
    }),
  );

/** Whatever happens in a change, in order; returns it as it ended. */
export async function* followChange(
  client: ApiClient,
  {environment, number}: ChangeOnServer,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent, ChangeOnServer> {
  const path = `/v1/environments/${encodeURIComponent(environment)}/changes/${number}/events`;
  for await (const {event, data} of followStream(client, path, {signal})) {
    if (event === 'end') return data as ChangeOnServer;
    if (event === 'event') yield (data as {readonly event: ServerEvent}).event;
  }
  return answerOf(
    client.api.GET('/v1/environments/{id}/changes/{change}', {params: {path: {id: environment, change: number}}}),
  );
}
