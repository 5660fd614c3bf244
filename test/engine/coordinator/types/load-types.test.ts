import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {checkpointKeeper} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {loadTypes, makeTypes} from '../../../../src/engine/coordinator/types/load-types.ts';
import {anAttempt, blobs} from './attempts.ts';

const example = join(import.meta.dirname, '../../../../examples/workloads/types/url-check.mjs');
const keeper = checkpointKeeper(blobs());

/** Answers 503 so many times, then 200. */
async function slowServer(times: number): Promise<string> {
  let asked = 0;
  const server = createServer((_, response) => response.writeHead(asked++ < times ? 503 : 200).end());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-types-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await writeFile(join(folder, 'type.mjs'), text);
  return join(folder, 'type.mjs');
}

test('the example waits for an answer, and ends when it is told to', async () => {
  const [type] = makeTypes(await loadTypes([example]), keeper);
  expect(type!.config.safeParse({url: 'file:///etc/passwd'}).success).toBe(false);
  const attempt = anAttempt(type!.config.parse({url: await slowServer(1)}));
  await type!.init(attempt);
  expect(await type!.execute(attempt)).toMatchObject({outcome: 'succeeded', result: {tries: 2}});
  expect(attempt.report.said).toContainEqual(['started']);
  await type!.close(attempt);
  const endless = anAttempt(type!.config.parse({url: await slowServer(1_000_000)}), {attempt: 2});
  const ended = type!.execute(endless);
  await type!.close(endless);
  expect(await ended).toMatchObject({outcome: 'failed', reason: 'it was ended'});
});

const made = (parts: string) =>
  `const none = async () => {};
export default ({z}) => ({name: 'x', config: z.object({}), onHost: false, init: none, execute: none, checkpoint: none, close: none, ${parts}});`;

test.each([
  ['no function', 'export const type = 1', 'has no function as its default export'],
  ['a mistake in it', 'export default (', 'cannot be loaded'],
  ['one that throws', 'export default () => { throw new Error("no luck") }', 'failed: no luck'],
  ['nothing', 'export default () => {}', 'without a name'],
  ['a name that is taken', made("name: 'sleep'"), 'is of a type that there is: sleep'],
  ['a name with spaces', made("name: 'a b'"), 'without a name of lower-case letters'],
  ['a method too few', made('close: undefined'), 'without close'],
  ['no schema', made('config: {}'), 'no zod schema'],
  ['no place', made('onHost: undefined'), 'onHost'],
])('%s is refused', async (_, text, wrong) => {
  const file = await fileWith(text);
  const making = loadTypes([file]).then(loaded => makeTypes(loaded, keeper));
  await expect(making).rejects.toMatchObject({code: 'type-invalid', message: expect.stringContaining(wrong)});
});

test('two of one name are refused, and a file that is not there', async () => {
  const twice = await loadTypes([example, example]);
  expect(() => makeTypes(twice, keeper)).toThrow('is of a type that there is: url-check');
  await expect(loadTypes(['/nowhere/type.mjs'])).rejects.toMatchObject({code: 'type-invalid'});
});
