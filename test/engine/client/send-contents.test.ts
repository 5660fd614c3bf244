import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {expect, onTestFinished, test} from 'vitest';
import type {ApiClient} from '../../../src/engine/client/api-client.ts';
import {type Content, sendContents} from '../../../src/engine/client/send-contents.ts';
import {submitWorkloads} from '../../../src/engine/client/submit-workloads.ts';
import {storedContent} from '../../../src/engine/coordinator/files/stored-content.ts';
import {uploadedImage} from '../../../src/engine/coordinator/files/uploaded-image.ts';
import {inputsTar} from '../../../src/engine/coordinator/types/inputs-tar.ts';
import {openImage} from '../../../src/engine/runtime/images/index.ts';
import type {ContainerJob} from '../../../src/engine/spec/workload.ts';
import {workloadNamed} from '../coordinator/store/samples.ts';
import {ociEntries, tar} from '../runtime/images/image-files.ts';
import {serverOnStage} from './server-on-stage.ts';

const MiB = 2 ** 20;
const contentOf = (bytes: Buffer): Content => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
  open: () => Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
});

/** What is put, request by request; `fails` says which put does not get through. */
function watched(client: ApiClient, fails: (put: number) => boolean = () => false) {
  const puts: number[] = [];
  const watching: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.headers.get('content-type') === 'application/octet-stream') {
      if (fails(puts.length)) throw new Error('cut off');
      puts.push((await request.clone().arrayBuffer()).byteLength);
    }
    return client.fetch(request);
  };
  return {client: {...client, fetch: watching}, puts};
}

test.each([0, 1, 4 * MiB, 4 * MiB + 1, 9 * MiB])('a content of %d bytes arrives as it is', async size => {
  const {client, store} = await serverOnStage();
  const bytes = randomBytes(size);
  const content = contentOf(bytes);
  await sendContents(client, [content, content], {});
  const stored = (await storedContent(store, content.sha256))!;
  expect(stored.size).toBe(size);
  expect((await buffer(stored.open())).equals(bytes)).toBe(true);
});

test('what is there is not sent again; what was cut off goes on where it was', async () => {
  const {client, store} = await serverOnStage();
  const [bytes, seen] = [randomBytes(13 * MiB), [] as string[]];
  const content = contentOf(bytes);
  const cut = watched(client, put => put === 2);
  await expect(sendContents(cut.client, [content], {})).rejects.toThrow('cut off');
  expect(cut.puts).toEqual([4 * MiB, 4 * MiB]);
  expect(await store.file(content.sha256)).toBeUndefined();
  const rest = watched(client);
  await sendContents(rest.client, [content], {onProgress: (sent, of) => seen.push(`${sent / MiB} of ${of / MiB}`)});
  expect(rest.puts).toEqual([4 * MiB, 1 * MiB]);
  expect(seen).toEqual(['4 of 13', '8 of 13', '12 of 13', '13 of 13']);
  const again = watched(client);
  await sendContents(again.client, [content], {});
  expect(again.puts).toEqual([]);
});

test('a content that is not what its hash says is refused, whole or in parts', async () => {
  const {client, store} = await serverOnStage();
  for (const size of [10, 5 * MiB]) {
    const wrong = {...contentOf(randomBytes(size)), sha256: 'a'.repeat(64)};
    await expect(sendContents(client, [wrong], {})).rejects.toMatchObject({
      code: size === 10 ? 'content-changed' : 'wrong-content',
    });
  }
  expect(await store.file('a'.repeat(64))).toBeUndefined();
});

test('an archive and large input files go along with what is submitted, and are read from the store', async () => {
  const {client, store} = await serverOnStage();
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-send-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const [archive, large, small] = ['one.tar', 'large', 'small'].map(name => join(folder, name));
  const bytes = randomBytes(5 * MiB);
  await writeFile(archive!, await tar(await ociEntries()));
  await writeFile(large!, bytes);
  await writeFile(small!, 'little');
  const image: ContainerJob['image'] = {kind: 'archive', path: archive!};
  const job: ContainerJob = {
    image,
    env: {},
    mounts: [],
    ports: [],
    readOnly: false,
    capabilities: {add: [], drop: []},
    stop: {signal: 'SIGTERM', graceMs: 1000},
  };
  const files = [
    {source: large!, target: '/in/large'},
    {source: small!, target: '/in/small'},
  ];
  const workload = workloadNamed('with-files', {type: 'container', with: {}, container: job, inputs: {files}});
  const open = () => openImage(archive!, 'amd64');
  // The stage has no containers: it is refused for its type, after all of it was sent.
  const seen = watched(client);
  const wish = {idempotencyKey: 'one', openImage: open};
  await expect(submitWorkloads(seen.client, [workload], wish)).rejects.toMatchObject({code: 'unknown-type'});
  const local = await open();
  expect(seen.puts).toHaveLength(local.blobs.length + 2);
  const manifest = local.digest.slice('sha256:'.length);
  const uploaded = await uploadedImage(store, manifest, 'amd64');
  expect({...uploaded, path: '', blobs: []}).toEqual({...local, path: '', blobs: []});
  for (const [index, blob] of local.blobs.entries())
    expect((await buffer(uploaded.blobs[index]!.open())).equals(await buffer(blob.open()))).toBe(true);
  await expect(uploadedImage(store, manifest, 'arm64')).rejects.toMatchObject({code: 'image-architecture'});
  const inputs = {image: manifest, '/in/large': contentOf(bytes).sha256, '/in/empty': await store.putBlob(Buffer.of())};
  const sent = await buffer(await inputsTar(inputs, store));
  expect(sent.includes(bytes)).toBe(true);
});

test('inputs whose content is gone are told by name', async () => {
  const {store} = await serverOnStage();
  await expect(inputsTar({'/in/gone': 'b'.repeat(64)}, store)).rejects.toMatchObject({
    code: 'content-gone',
    message: expect.stringContaining('/in/gone'),
  });
});
