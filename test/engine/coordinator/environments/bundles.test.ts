import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {type Header, pack} from 'tar-stream';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {bundleHash, layOutBundle} from '../../../../src/engine/coordinator/environments/bundles/lay-out-bundle.ts';
import {readBundle, refuseOtherHosts} from '../../../../src/engine/coordinator/environments/bundles/read-bundle.ts';
import {receiveBundle} from '../../../../src/engine/coordinator/environments/bundles/receive-bundle.ts';
import {blobStore} from './blob-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-bundle-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

type Member = readonly [name: string, content: string | Buffer, header?: Partial<Header>];

function tarOf(...members: readonly Member[]): Readable {
  const tar = pack();
  for (const [name, content, header] of members) tar.entry({name, ...header}, content);
  tar.finalize();
  return Readable.from(tar, {objectMode: false});
}

const head = (parts: object = {}): Member => [
  'niyanta-bundle.json',
  JSON.stringify({version: 1, files: ['stack.yaml'], ...parts}),
];
const project = (rest = ''): Member => ['niyanta.yaml', `apiVersion: niyanta/v1\nkind: Project\nname: shop\n${rest}`];
const stack = (service = 'image: nginx:1', rest = ''): Member => [
  'stack.yaml',
  `apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:\n  web:\n    ${service}\n${rest}`,
];

/** Received, laid out and read, as `putBundle` does. */
async function taken(...members: readonly Member[]) {
  const store = blobStore();
  const manifest = await receiveBundle(tarOf(...members), store);
  const directory = await layOutBundle(folder, {sha256: bundleHash(manifest), manifest}, store);
  const read = await readBundle(directory);
  refuseOtherHosts(read, ['h1', 'h2']);
  return {directory, manifest, read};
}

describe('a bundle', () => {
  test('is taken in whatever its size, laid out as it was, and read as a project', async () => {
    const large = Buffer.alloc(9 * 2 ** 20, 7);
    const run: Member = ['bin/run.sh', '#!/bin/sh\n', {mode: 0o755}];
    const {directory, manifest, read} = await taken(head(), project(), stack(), ['./data/large', large], run);
    expect(manifest.map(({path, size, parts}) => [path, size, parts.length])).toEqual([
      ['bin/run.sh', 10, 1],
      ['data/large', large.length, 3],
      ...[head()[0], 'niyanta.yaml', 'stack.yaml'].map(path => [path, expect.any(Number), 1]),
    ]);
    expect(await readFile(join(directory, 'data/large'))).toEqual(large);
    expect((await stat(join(directory, 'bin/run.sh'))).mode & 0o777).toBe(0o700);
    expect(read).toMatchObject({project: {name: 'shop'}, stack: {name: 'shop'}, environment: 'default'});
  });

  test('has the same name whatever the order of its members', async () => {
    const one = await taken(head(), project(), stack());
    const other = await taken(stack(), head(), project());
    expect(bundleHash(other.manifest)).toBe(bundleHash(one.manifest));
  });

  test('environment, parameters and variables are those of who sent it; variables of this process are none', async () => {
    const parts = ['image: nginx:${env:TAG}', 'environments: {staging: {services: {web: {replicas: 4}}}}\n'] as const;
    const {read} = await taken(head({environment: 'staging', env: {TAG: '1.4'}}), project(), stack(...parts));
    expect(read.stack.services[0]).toMatchObject({replicas: 4, image: {reference: 'docker.io/library/nginx:1.4'}});
    await expect(taken(head(), project(), stack('image: nginx:${env:PATH}'))).rejects.toMatchObject({
      message: expect.stringContaining('PATH'),
    });
  });

  test('an image that was built comes as an archive', async () => {
    const image: Member = ['.niyanta-images/web.tar', 'x'];
    const images = {'build:web': '.niyanta-images/web.tar'};
    const {directory, read} = await taken(head({images}), project(), stack('build: {context: ./web}'), image);
    expect(read.stack.services[0]!.image).toEqual({kind: 'archive', path: join(directory, '.niyanta-images/web.tar')});
    await expect(taken(head(), project(), stack('build: {context: ./web}'))).rejects.toMatchObject({
      code: 'not-for-servers',
    });
  });

  test.each<[what: string, members: readonly Member[], code: string, message: RegExp]>([
    ['a path out of it', [['../up', 'x']], 'bundle-invalid', /"\.\.\/up" has an empty part, \. or \.\./],
    ['a path that goes up inside', [['a/../../up', 'x']], 'bundle-invalid', /\.\./],
    ['an absolute path', [['/etc/passwd', 'x']], 'bundle-invalid', /absolute/],
    ['a symbolic link', [['link', '', {type: 'symlink', linkname: '/etc/passwd'}]], 'bundle-invalid', /symlink/],
    ['a hard link', [['link', '', {type: 'link', linkname: 'stack.yaml'}]], 'bundle-invalid', /link/],
    ['a device', [['dev', '', {type: 'character-device'}]], 'bundle-invalid', /character-device/],
    [
      'a file twice',
      [
        ['a', 'x'],
        ['./a', 'y'],
      ],
      'bundle-invalid',
      /twice/,
    ],
    [
      'a file that is a folder, too',
      [
        ['a', 'x'],
        ['a/b', 'y'],
      ],
      'bundle-invalid',
      /file and a folder/,
    ],
    ['secrets in clear', [['.niyanta/secrets.yaml', 'x']], 'bundle-invalid', /stays on the machine/],
    ['a backslash', [['a\\b', 'x']], 'bundle-invalid', /backslash/],
    ['a control character', [['a\nb', 'x']], 'bundle-invalid', /control character/],
    ['no head', [project(), stack()], 'bundle-invalid', /no niyanta-bundle\.json/],
    ['a head that is no JSON', [['niyanta-bundle.json', '{']], 'bundle-invalid', /no JSON/],
    ['a head of another version', [head({version: 2})], 'bundle-invalid', /version/],
    ['a stack file elsewhere', [head({files: ['../stack.yaml']})], 'bundle-invalid', /\.\./],
    ['no project', [head(), stack()], 'project-not-found', /no niyanta\.yaml/],
    ['no stack', [head(), project()], 'file-unreadable', /stack\.yaml/],
    [
      'hosts of its own',
      [head(), project('hosts: {h9: {address: 10.0.0.9}}\n'), stack()],
      'unknown-host',
      /niyanta\.yaml:4:\d+.*h9/,
    ],
    [
      'programs that give secrets',
      [head(), project('secrets: {sources: [{prefix: x/, command: [cat, /etc/shadow]}]}\n'), stack()],
      'not-for-servers',
      /niyanta\.yaml:4.*programs/,
    ],
    [
      'secrets from elsewhere',
      [head(), project('secrets: {file: /etc/shadow}\n'), stack()],
      'bundle-invalid',
      /\/etc\/shadow/,
    ],
    [
      'an archive from elsewhere',
      [head(), project(), stack('archive: /etc/passwd')],
      'bundle-invalid',
      /not in its folder/,
    ],
    [
      'a file of this machine',
      [head(), project(), stack('image: a\n    files: {/x: {from: /etc/passwd}}')],
      'file-missing',
      /no such file/,
    ],
    [
      'an env file of this machine',
      [head(), project(), stack('image: a\n    envFile: ../../../etc/passwd')],
      'file-missing',
      /no such file/,
    ],
  ])('%s is refused', async (_, members, code, message) => {
    const error: {errors?: readonly {code: string; message: string}[]; code: string; message: string} = await taken(
      ...members,
    ).then(
      () => expect.fail('it was taken'),
      caught => caught,
    );
    const {code: told, message: words} = error.errors?.[0] ?? error;
    expect([told, words]).toEqual([code, expect.stringMatching(message)]);
  });

  test('more files or bytes than are allowed, and what is no tar, are refused', async () => {
    const limits = {files: 2, bytes: 100};
    const receive = (tar: Readable) => receiveBundle(tar, blobStore(), limits);
    await expect(receive(tarOf(['a', '1'], ['b', '2'], ['c', '3']))).rejects.toMatchObject({code: 'bundle-too-large'});
    await expect(receive(tarOf(['a', 'x'.repeat(101)]))).rejects.toMatchObject({code: 'bundle-too-large'});
    await expect(receive(Readable.from([Buffer.alloc(2048, 120)]))).rejects.toMatchObject({code: 'bundle-invalid'});
  });

  test('one whose parts are gone is not laid out by half', async () => {
    const store = blobStore();
    const manifest = await receiveBundle(tarOf(head(), project()), store);
    const sha256 = bundleHash(manifest);
    await expect(layOutBundle(folder, {sha256, manifest}, blobStore())).rejects.toMatchObject({code: 'bundle-gone'});
    await expect(stat(join(folder, sha256))).rejects.toMatchObject({code: 'ENOENT'});
    const twice = [layOutBundle(folder, {sha256, manifest}, store), layOutBundle(folder, {sha256, manifest}, store)];
    expect(await Promise.all(twice)).toEqual([join(folder, sha256), join(folder, sha256)]);
  });
});
