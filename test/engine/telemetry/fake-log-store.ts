import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {onTestFinished} from 'vitest';
import {z} from 'zod';

/** The push API of Loki, as its reference has it: labels are texts, a line has a time in nanoseconds as a text. */
const pushed = z.strictObject({
  streams: z.array(
    z.strictObject({
      stream: z
        .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string())
        .refine(all => Object.keys(all).length > 0),
      values: z.array(z.tuple([z.string().regex(/^\d{19}$/), z.string()])).min(1),
    }),
  ),
});

const action = z.strictObject({create: z.strictObject({_index: z.string(), _id: z.string().optional()})});

export interface FakeLogStore {
  readonly url: string;
  /** Lines of Loki with their labels; documents of Elasticsearch with their ids. */
  readonly lines: {readonly labels: Record<string, string>; readonly at: string; readonly line: string}[];
  readonly documents: {readonly index: string; readonly id?: string; readonly document: Record<string, unknown>}[];
  readonly asked: {readonly url: string; readonly authorization?: string; readonly tenant?: string}[];
  /** What it answers next, in place of taking it. */
  readonly answers: (number | {readonly status: number; readonly body: string})[];
}

/** Neither Loki nor Elasticsearch: takes what is sent to their APIs, and refuses what is not of the documented form. */
export async function fakeLogStore(): Promise<FakeLogStore> {
  const store = {lines: [], documents: [], asked: [], answers: []} as unknown as FakeLogStore & {url: string};
  const ids = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const {authorization} = request.headers;
      const tenant = request.headers['x-scope-orgid'] as string | undefined;
      store.asked.push({url: request.url!, ...(authorization && {authorization}), ...(tenant && {tenant})});
      const next = store.answers.shift();
      if (next !== undefined) {
        const {status, body} = typeof next === 'number' ? {status: next, body: 'no'} : next;
        response.writeHead(status).end(body);
        return;
      }
      try {
        const text = Buffer.concat(chunks).toString();
        const answer = request.url === '/_bulk' ? takeBulk(text) : takePush(text, request.url!);
        response.writeHead(answer === '' ? 204 : 200, {'content-type': 'application/json'}).end(answer);
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });

  function takePush(text: string, url: string): string {
    if (url !== '/loki/api/v1/push') throw new Error(`no such path ${url}`);
    for (const {stream, values} of pushed.parse(JSON.parse(text)).streams)
      for (const [at, line] of values) store.lines.push({labels: stream, at, line});
    return '';
  }

  function takeBulk(text: string): string {
    if (!text.endsWith('\n')) throw new Error('the last line is not ended');
    const lines = text.slice(0, -1).split('\n');
    const items: {create: {status: number}}[] = [];
    for (let at = 0; at < lines.length; at += 2) {
      const {create} = action.parse(JSON.parse(lines[at]!));
      const known = create._id !== undefined && ids.has(create._id);
      if (create._id !== undefined) ids.add(create._id);
      if (!known)
        store.documents.push({index: create._index, id: create._id, document: JSON.parse(lines[at + 1]!)} as never);
      items.push({create: {status: known ? 409 : 201}});
    }
    return JSON.stringify({took: 1, errors: items.some(({create}) => create.status >= 300), items});
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  store.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return store;
}
