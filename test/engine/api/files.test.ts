import {createHash} from 'node:crypto';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Answer, type Serving, serving} from './serving.ts';

let api: Serving;
let acme: string;
let other: string;
beforeAll(async () => {
  api = await serving();
  acme = await api.customer('acme');
  other = await api.customer('other', {files: 10});
});
afterAll(() => api.end());

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const octets = {'Content-Type': 'application/octet-stream'};
const put = (text: string | Uint8Array<ArrayBuffer>, key = acme, query = ''): Promise<Answer> =>
  api.ask('POST', `/v1/files${query}`, {key, raw: text, headers: octets});

test('a file is put, again, and is known by its hash to its customer alone', async () => {
  for (const _ of [1, 2]) expect(await put('one')).toMatchObject({status: 201, json: {sha256: hashOf('one'), size: 3}});
  const missing = async (key: string) =>
    (await api.ask('POST', '/v1/files/missing', {key, body: {files: [hashOf('one'), hashOf('two')]}})).json.missing;
  expect(await missing(acme)).toEqual([hashOf('two')]);
  expect(await missing(other)).toEqual([hashOf('one'), hashOf('two')]);
});

test.each<[string, () => Promise<Answer>, number, string]>([
  ['another content than said', () => put('one', acme, `?sha256=${hashOf('two')}`), 422, 'wrong-content'],
  ['no hash', () => put('one', acme, '?sha256=xyz'), 400, 'invalid-request'],
  ['more than a part has', () => put(new Uint8Array(4 * 2 ** 20 + 1)), 413, 'body-too-large'],
  ['more than the customer may keep', () => put('more than ten', other), 422, 'files-full'],
  ['JSON for bytes', () => api.ask('POST', '/v1/files', {key: acme, body: {}}), 415, 'wrong-media-type'],
  [
    'bytes for JSON',
    () => api.ask('POST', '/v1/workloads', {key: acme, raw: 'x', headers: octets}),
    415,
    'wrong-media-type',
  ],
  ['parts of others', () => join('onetwo', ['one', 'two'], other), 422, 'file-missing'],
  ['parts that are not its', () => join('twoone', ['one', 'one'], acme), 422, 'wrong-content'],
])('refused: %s', async (_, ask, status, code) => {
  await put('one');
  expect(await ask()).toMatchObject({status, json: {code}});
});

const join = (whole: string, parts: readonly string[], key: string): Promise<Answer> =>
  api.ask('POST', '/v1/files/join', {key, body: {sha256: hashOf(whole), parts: parts.map(hashOf)}});

const workload = {name: 'a', type: 'sleep', with: {ms: 1}, inputs: {files: ['data:/in/data']}};
const submit = (parts: object, key = acme): Promise<Answer> =>
  api.ask('POST', '/v1/workloads', {key, body: {workload, ...parts}});

test('a submission refers to what was sent', async () => {
  await put('one');
  const {status, json} = await submit({sent: {files: {'/in/data': hashOf('one')}}});
  expect(status).toBe(201);
  expect((await api.ask('GET', `/v1/workloads/${json.id}`, {key: acme})).json.inputs).toEqual({
    '/in/data': hashOf('one'),
  });
});

test.each<[string, object, number, string]>([
  ['what was not sent', {sent: {files: {'/in/data': hashOf('never')}}}, 422, 'file-missing'],
  ['an image that was not sent', {sent: {image: hashOf('never')}}, 400, 'invalid-request'],
  [
    'a file that is none of its inputs',
    {sent: {files: {'/in/data': hashOf('one'), '/x': hashOf('one')}}},
    400,
    'invalid-request',
  ],
  [
    'the same twice',
    {inputs: {'/in/data': 'eA=='}, sent: {files: {'/in/data': hashOf('one')}}},
    400,
    'invalid-request',
  ],
  ['nothing', {}, 400, 'invalid-request'],
])('a submission is refused that refers to %s', async (_, parts, status, code) => {
  await put('one');
  expect(await submit(parts)).toMatchObject({status, json: {code}});
});

test("a submission cannot refer to another customer's files", async () => {
  await put('one');
  const answer = await submit({sent: {files: {'/in/data': hashOf('one')}}}, other);
  expect(answer).toMatchObject({status: 422, json: {code: 'file-missing'}});
});

test('an image must be one, all of it sent; an archive without it is refused', async () => {
  await put('no manifest');
  const job = {name: 'b', archive: 'one.tar'};
  const body = (sent?: object) => api.ask('POST', '/v1/workloads', {key: acme, body: {workload: job, sent}});
  expect(await body()).toMatchObject({status: 400, json: {code: 'local-only'}});
  expect(await body({image: hashOf('no manifest')})).toMatchObject({status: 422, json: {code: 'image-corrupt'}});
  const digest = `sha256:${hashOf('config')}`;
  const config = {mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 6};
  const manifest = JSON.stringify({config, layers: []});
  await put(manifest);
  expect(await body({image: hashOf(manifest)})).toMatchObject({status: 422, json: {code: 'file-missing'}});
  await put('config');
  const {status, json} = await body({image: hashOf(manifest)});
  expect(status).toBe(201);
  const row = (await api.ask('GET', `/v1/workloads/${json.id}`, {key: acme})).json;
  expect(row.inputs).toEqual({image: hashOf(manifest), 'image/0': hashOf('config')});
});
