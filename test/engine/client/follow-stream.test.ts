import {expect, test} from 'vitest';
import type {ApiClient} from '../../../src/engine/client/api-client.ts';
import {followStream} from '../../../src/engine/client/follow-stream.ts';

/** A client whose requests take no notice of being aborted, as those whose signal was lost on its way. */
const client = (answer: (request: Request) => Promise<Response>): ApiClient =>
  ({
    access: {server: 'http://127.0.0.1:1', key: 'none'},
    fetch: async (input: Request) => answer(input),
  }) as unknown as ApiClient;

/** One message, then nothing more, and no end. */
const quiet = (): Response =>
  new Response(
    new ReadableStream({
      start: controller => controller.enqueue(new TextEncoder().encode('id: 7\nevent: line\ndata: "one"\n\n')),
    }),
  );
const never = new Promise<never>(() => {});

test('whoever follows is let go when they want, though the request never ends', async () => {
  const interrupted = new AbortController();
  const stream = followStream(
    client(async () => quiet()),
    '/v1/x',
    {signal: interrupted.signal},
  );
  expect((await stream.next()).value).toEqual({event: 'line', data: 'one'});
  const more = stream.next();
  interrupted.abort(new DOMException('interrupted', 'AbortError'));
  await expect(more).rejects.toMatchObject({name: 'AbortError'});
});

test('and while it is asked for again, which nobody answers', async () => {
  const interrupted = new AbortController();
  const asked: (string | null)[] = [];
  const answers = (request: Request): Promise<Response> =>
    asked.push(request.headers.get('last-event-id')) === 1 ? Promise.resolve(quiet()) : never;
  const broken: string[] = [];
  const stream = followStream(client(answers), '/v1/x', {
    signal: interrupted.signal,
    silentMs: 200,
    onBreak: why => broken.push(why),
  });
  expect((await stream.next()).value).toEqual({event: 'line', data: 'one'});
  const more = stream.next();
  await expect.poll(() => asked).toContain('7');
  interrupted.abort(new DOMException('interrupted', 'AbortError'));
  await expect(more).rejects.toMatchObject({name: 'AbortError'});
  expect(broken).toEqual(['nothing was heard for 0.2s']);
});
