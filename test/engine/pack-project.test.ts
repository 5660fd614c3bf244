import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {bundleHash, layOutBundle} from '../../src/engine/coordinator/environments/bundles/lay-out-bundle.ts';
import {readBundle} from '../../src/engine/coordinator/environments/bundles/read-bundle.ts';
import {receiveBundle} from '../../src/engine/coordinator/environments/bundles/receive-bundle.ts';
import type {StackChoice} from '../../src/engine/open-project.ts';
import {packProject} from '../../src/engine/pack-project.ts';
import {portable} from '../../src/engine/portable-stack.ts';
import {blobStore} from './coordinator/environments/blob-store.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'niyanta-pack-'));
});
afterEach(() => rm(home, {recursive: true, force: true}));

const directory = () => join(home, 'shop');
const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory(), path)), {recursive: true});
    await writeFile(join(directory(), path), content);
  }
};
const pack = (choice: Partial<StackChoice> = {}) =>
  packProject(
    {cwd: directory(), env: {HOME: home, TAG: '1.4', STATE_PASSWORD: 'hidden', OTHER: 'x'}, ...choice},
    {signal: AbortSignal.timeout(30_000), onBuild: () => {}},
  );

const yaml = (kind: string, rest: string): string => `apiVersion: niyanta/v1\nkind: ${kind}\n${rest}`;
const shop = {
  'niyanta.yaml': yaml('Project', 'name: shop\nstate: "postgres://u:${env:STATE_PASSWORD}@db/x"\n'),
  'stack.yaml': yaml(
    'Stack',
    `name: shop
params: {greeting: {type: string}}
services:
  web:
    image: "nginx:\${env:TAG}"
    envFile: web.env
    env: {GREETING: "\${greeting}", TOKEN: "\${secret:token}"}
    files: {/etc/web.conf: {from: conf/web.conf}}
  side: {template: side}
  batch: {archive: images/batch.tar}
environments: {staging: {services: {web: {replicas: 3}}}}
`,
  ),
  'templates/side.yaml': yaml('Template', 'name: side\nservice: {image: busybox:1}\n'),
  'templates/unused.yaml': yaml('Template', 'name: unused\nservice: {image: busybox:1}\n'),
  'web.env': 'MODE=fast\n',
  'conf/web.conf': 'listen 80;\n',
  'images/batch.tar': 'an archive',
  'niyanta.secrets.yaml': 'encrypted: with age\n',
  '.niyanta/secrets.yaml': 'token: in-clear\n',
  'notes.txt': 'of nobody’s business',
};

test('what is sent is what was read, and reads the same at the coordinator', async () => {
  await write(shop);
  const choice = {environment: 'staging'};
  const packed = await pack({...choice, params: {greeting: 'hello'}});
  const store = blobStore();
  const manifest = await receiveBundle(packed.tar(), store);
  expect(manifest.map(({path}) => path)).toEqual(
    [
      ...['conf/web.conf', 'images/batch.tar', 'niyanta-bundle.json', 'niyanta.secrets.yaml', 'niyanta.yaml'],
      ...['stack.yaml', 'templates/side.yaml', 'web.env'],
    ].toSorted(),
  );
  const sha256 = bundleHash(manifest);
  const folder = await layOutBundle(join(home, 'bundles'), {sha256, manifest}, store);
  const read = await readBundle(folder);
  expect(portable(read.stack, folder)).toEqual(portable(packed.stack, directory()));
  expect(read).toMatchObject({environment: 'staging', project: {name: 'shop'}});
  const all = (await buffer(packed.tar())).toString();
  for (const hidden of ['hidden', 'in-clear', 'nobody’s business']) expect(all).not.toContain(hidden);
});

test('the same project is the same bundle, whenever it is sent', async () => {
  await write(shop);
  const hashOf = async () =>
    bundleHash(await receiveBundle((await pack({params: {greeting: 'hi'}})).tar(), blobStore()));
  const first = await hashOf();
  await write({'notes.txt': 'other notes'});
  expect(await hashOf()).toBe(first);
  await write({'conf/web.conf': 'listen 81;\n'});
  expect(await hashOf()).not.toBe(first);
});

test('a file beside the project, and a stack that is typed, cannot be sent', async () => {
  await write({...shop, 'niyanta.yaml': yaml('Project', 'name: shop\n')});
  await writeFile(join(home, 'other.yaml'), yaml('Stack', 'name: shop\nservices: {web: {image: a}}\n'));
  await expect(pack({files: [join(home, 'other.yaml')]})).rejects.toMatchObject({
    code: 'outside-project',
    message: expect.stringContaining('other.yaml'),
  });
  const stdin = async () => yaml('Stack', 'name: shop\nservices: {web: {image: a}}\n');
  await expect(pack({files: ['-'], stdin})).rejects.toMatchObject({code: 'not-for-servers'});
});
