import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createContainer} from '../../../src/engine/runtime/containers/create-container.ts';
import {removeContainer} from '../../../src/engine/runtime/containers/remove-container.ts';
import {runArguments} from '../../../src/engine/runtime/containers/run-arguments.ts';
import {startContainer} from '../../../src/engine/runtime/containers/start-container.ts';
import {stopContainer} from '../../../src/engine/runtime/containers/stop-container.ts';
import {manifestOf, rewriteManifest, writeManifest} from '../../../src/engine/runtime/containers/write-manifest.ts';
import {hostsFile} from '../../../src/engine/runtime/names.ts';
import {toolkitHash, toolkitScript} from '../../../src/engine/runtime/toolkit/index.ts';
import {createVolume, deleteVolume} from '../../../src/engine/runtime/volumes.ts';
import {record} from './recorder.ts';
import {sampleSpec} from './sample-spec.ts';

const id = 'shop-default-backend-2-1a2b3c';
const ctr = (...words: string[]) => ['ctr', '--namespace', 'niyanta', ...words];
const written = {serial: 3, createdAt: '2026-01-02T03:04:05.000Z'};
const at = (folder: string, end = '') => `/var/lib/niyanta/${folder}/${id}${end}`;
const clearing = ctr('containers', 'label', id, 'containerd.io/restart.status=');
const gone = {answer: `ctr: container "${id}" in namespace "niyanta": not found`};

/** Any text that YAML and a process can carry: no NUL, and no half of a surrogate pair. */
const any = (maxLength = 30) =>
  fc
    .oneof(
      fc.string({unit: 'binary', maxLength}),
      fc.string({
        unit: fc.constantFrom(
          "'",
          '"',
          '\\',
          '$',
          '`',
          '\n',
          ' ',
          '!',
          '*',
          '-',
          '%',
          '\t',
          '#',
          ';',
          '=',
          ',',
          'é',
          '🦭',
        ),
        maxLength,
      }),
    )
    .map(text => text.replaceAll('\0', '').toWellFormed());
const texts = fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/), any(), {maxKeys: 4});
const mount = fc.record({
  source: any().map(path => `/${path}`),
  target: any().map(path => `/${path}`),
  readOnly: fc.boolean(),
});
const specs = fc
  .record({
    env: texts.map(all =>
      Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value.replace(/[\r\n]/g, ' ')])),
    ),
    labels: texts,
    command: fc.array(any(), {minLength: 1, maxLength: 4}),
    workdir: any().map(path => `/${path}`),
    user: any(),
    mounts: fc.array(mount, {maxLength: 3}),
  })
  .map(sampleSpec);

test('whatever stands in a spec reaches containerd, the manifest and the env file byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(specs, fc.array(any(), {maxLength: 2}), async (spec, entrypoint) => {
      const manifest = manifestOf(spec, written);
      const peers = [{...spec, address: spec.network.address}];
      const {text} = createContainer({manifest, env: spec.env, peers, containerd: '2.1.9', entrypoint});
      await record(text, async ({code, stderr, calls, file, env}) => {
        expect([code, stderr]).toEqual([0, '']);
        expect(calls).toEqual([
          ['network', 'up', id],
          ctr('run', '--detach', ...runArguments(spec, {containerd: '2.1.9', entrypoint})),
          // Not before it runs: the monitor would start a container without a task, too.
        ]);
        expect(JSON.parse((await file(at('containers', '.json')))!)).toEqual(JSON.parse(JSON.stringify(manifest)));
        expect(await env()).toBe(
          Object.entries(spec.env)
            .map(([name, value]) => `${name}=${value}\n`)
            .join(''),
        );

        expect(await file(at('hosts'))).toBe(hostsFile(peers[0]!, peers));
        expect(await file(at('hosts', '.hostname'))).toBe('backend-2\n');
        expect(await file(at('networks', '/address'))).toBe('10.89.3.7\n');
      });
    }),
    {numRuns: 60},
  );
}, 60_000);

test('a creation that fails leaves the manifest that tells whose leftovers these are', async () => {
  const manifest = manifestOf(sampleSpec({env: {TOKEN: 'x'}}), written);
  const {text, what} = createContainer({
    manifest,
    env: {TOKEN: 'secret'},
    peers: [],
    containerd: '1.6.20',
    entrypoint: [],
  });
  expect(what).toBe('start backend 2');
  await record(
    text,
    async ({code, stderr, env, file}) => {
      expect([code, stderr, await env()]).toEqual([1, 'no room\n', 'TOKEN=secret\n']);

      expect(await file(at('containers', '.json'))).not.toContain('"secret"');
    },
    {answer: 'no room'},
  );
});

test.each([
  ['env-multiline', 'a\nb'],
  ['env-multiline', 'a\rb'],
  ['env-too-long', 'é'.repeat(33_000)],
])('%s: a value that ctr would cut is refused by name, without being shown', (code, value) => {
  const manifest = manifestOf(sampleSpec(), written);
  const create = () =>
    createContainer({manifest, env: {TOKEN: value}, peers: [], containerd: '1.6.20', entrypoint: []});
  expect(create).toThrow(
    expect.objectContaining({code, message: expect.stringContaining('services.backend.env.TOKEN')}),
  );
  expect(create).not.toThrow(value.slice(0, 100));
});

test('stopping tells the restart monitor first, and frees the ports last', async () => {
  const {text} = stopContainer(id, {signal: 'SIGINT', graceMs: 100});
  await record(text, async ({code, calls}) => {
    expect(code).toBe(0);
    expect(calls).toEqual([
      clearing,
      ctr('tasks', 'ls'),
      ctr('tasks', 'rm', '--force', id),
      ctr('tasks', 'ls', '--quiet'),
      ['network', 'unpublish', id],
    ]);
  });
});

test('what is gone is stopped and removed already; a containerd that is silent is an error', async () => {
  const stop = stopContainer(id, {signal: 'SIGINT', graceMs: 100}).text;
  await record(
    stop,
    async ({code, calls}) => expect([code, calls]).toEqual([0, [clearing, ['network', 'unpublish', id]]]),
    gone,
  );
  const remove = removeContainer(id).text;
  await record(
    remove,
    async ({code, calls}) =>
      expect([code, calls]).toEqual([0, [clearing, ctr('snapshots', 'rm', id), ['network', 'down', id]]]),
    {answer: gone.answer},
  );
  for (const text of [stop, remove, writeManifest(manifestOf(sampleSpec(), written)).text])
    await record(
      text,
      async ({code, stderr, calls}) => {
        expect([code, stderr]).toEqual([1, 'no answer\n']);
        expect(calls).toHaveLength(1);
      },
      {answer: 'no answer'},
    );
});

test('removing ends with the manifest, and leaves no file', async () => {
  const {text} = removeContainer(id);
  const lines = text.trim().split('\n');
  expect(lines.at(-1)).toContain(at('containers', '.json'));
  await record(text, async ({code, calls}) => {
    expect(code).toBe(0);
    expect(calls).toEqual([
      clearing,
      ctr('tasks', 'rm', '--force', id),
      ctr('containers', 'rm', id),
      ctr('snapshots', 'rm', id),
      ['network', 'down', id],
    ]);
  });
});

test('starting brings the network up, tells the monitor once it runs, and leaves a job without it', async () => {
  await record(startContainer(sampleSpec()).text, async ({code, calls}) => {
    expect(code).toBe(0);
    expect(calls.map(words => words.slice(0, 5).join(' '))).toEqual([
      `network up ${id}`,
      'ctr --namespace niyanta tasks ls',
      'ctr --namespace niyanta tasks start',
      'ctr --namespace niyanta containers label',
    ]);
  });
  await record(startContainer({id, restart: 'never'}).text, async ({calls}) => {
    expect(calls.flat()).not.toContain('label');
  });
});

test('another manifest brings the labels up to date, also those that are not wanted any more', async () => {
  const manifest = manifestOf(sampleSpec({labels: {team: 'red', kept: 'a b'}}), written);
  await record(writeManifest(manifest, {labels: {kept: 'old', gone: 'x'}}).text, async ({code, calls, file}) => {
    expect(code).toBe(0);
    expect(calls[0]!.slice(-3)).toEqual(['team=red', 'kept=a b', 'gone=']);
    expect(JSON.parse((await file(at('containers', '.json')))!)).toEqual(manifest);
  });
  await record(rewriteManifest({...manifest, stopped: true}).text, async ({code, calls, file}) => {
    expect([code, calls]).toEqual([0, []]);
    expect(JSON.parse((await file(at('containers', '.json')))!)).toMatchObject({stopped: true});
  });
});

test('a volume is made and deleted below the folder of volumes, and nowhere else', async () => {
  const path = '/var/lib/niyanta/volumes/demo.shop.default/data';
  await record(
    `${createVolume(path).text}\necho kept >${path}/file\n${createVolume(path).text}`,
    async ({code, file}) => {
      expect([code, await file(`${path}/file`)]).toEqual([0, 'kept\n']);
    },
  );
  await record(
    `${createVolume(path).text}\n: >${path}/file\n${deleteVolume(path).text}\ntest ! -e /var/lib/niyanta/volumes/demo.shop.default`,
    async ({code}) => expect(code).toBe(0),
  );
  for (const wrong of [
    '/etc',
    '/var/lib/niyanta/volumes/x',
    '/var/lib/niyanta/volumes/x/..',
    '/var/lib/niyanta/volumes/../../etc/x',
    '/var/lib/niyanta/volumes/a/b/c',
  ])
    expect(() => deleteVolume(wrong)).toThrow(RangeError);
});

test('the scripts that are installed are whole, and their version comes last', async () => {
  await record(toolkitScript.replace('/run/systemd/system', '/nowhere'), async ({code, stderr, file}) => {
    expect([code, stderr]).toEqual([0, '']);
    expect(await file('/usr/local/lib/niyanta/version')).toBe(toolkitHash);
    expect(await file('/usr/local/lib/niyanta/network')).toContain('CNI_COMMAND');
    expect(await file('/usr/local/lib/niyanta/logger')).toContain('#!/usr/bin/perl');
    expect(await file('/usr/local/lib/niyanta/boot')).toContain('network boot');
  });
  expect(toolkitScript.trimEnd().split('\n').at(-1)).toContain(toolkitHash);
});
