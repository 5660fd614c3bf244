import {expect, test} from 'vitest';
import {factsMarker} from '../../../src/engine/hosts/facts-script.ts';
import {manifestOf} from '../../../src/engine/runtime/containers/write-manifest.ts';
import {parseExits, parseTaskEnd} from '../../../src/engine/runtime/exit-code.ts';
import {observeScript, sectionMark} from '../../../src/engine/runtime/observe-script.ts';
import {parseObservation} from '../../../src/engine/runtime/parse-observation.ts';
import {parseTaskStates} from '../../../src/engine/runtime/task-states.ts';
import {record} from './recorder.ts';
import {sampleSpec} from './sample-spec.ts';

const spec = sampleSpec();
const manifest = manifestOf(spec, {serial: 3, createdAt: '2026-01-02T03:04:05.000Z'});
const {bridge, gateway} = spec.network;
const line = `./${spec.id}.json:${JSON.stringify(manifest)}`;
const facts = Object.entries({
  os: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian"',
  uname: '6.1.0 x86_64',
  cpus: '2',
  memory: '8042752',
  disk: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 30787492 9102932 20095312 32% /',
  cgroup: 'hybrid',
  init: 'other',
  packages: 'apt-get',
  iptables: '/usr/sbin/iptables',
  cni: 'bridge',
  routes: '',
  sockets: '',
  end: '',
})
  .map(([name, text]) => `\n${factsMarker}${name}\n${text}\n`)
  .join('');

/** As `ctr tasks ls` prints it on 1.6.20, 1.7.24 and 2.1.9. */
const table = (...rows: [string, number, string][]) =>
  [
    'TASK                             PID    STATUS    ',
    ...rows.map(([id, pid, status]) => `${id}    ${pid}    ${status}`),
  ].join('\n');

const answer = (sections: Readonly<Record<string, string>> = {}) =>
  Object.entries({
    facts,
    toolkit: '0123456789abcdef\n',
    manifests: line,
    tasks: table([spec.id, 241, 'RUNNING']),
    containers: `${spec.id}\n${spec.id}`,
    exits: '',
    starts: `./${spec.id}.starts 3 1795249442`,
    addresses: `/proc/241/net/fib_trie 10.89.3.7\n/proc/241/net/fib_trie 127.0.0.1\n/proc/net/fib_trie ${gateway}`,
    namespaces: `/run/netns/${spec.id}`,
    inodes: `4026532549 /run/netns/${spec.id}\n4026532549 /proc/241/ns/net`,
    devices: [
      `3: ${bridge}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP`,
      `4: vethd2a4b072@if2: <BROADCAST,UP> mtu 1500 master ${bridge} state UP \\ link/ether b2:11:92:26:7d:51 link-netns ${spec.id}`,
    ].join('\n'),
    names: ['', '.hostname', '.resolv'].map(end => `d41d8cd98f00b204e9800998ecf8427e  ./${spec.id}${end}`).join('\n'),
    images: `REF                        TYPE                                                      DIGEST        SIZE    PLATFORMS   LABELS\ndocker.io/shop/backend:1.4 application/vnd.oci.image.manifest.v1+json                sha256:aaaa   1.1 MiB linux/amd64 -`,
    volumes: 'demo.shop.default/data/\n',
    ...sections,
    end: '',
  })
    .map(([name, text]) => `${sectionMark}${name}\n${text}\n`)
    .join('');

const [seen] = parseObservation(answer())!.containers;

test('a running container, in full', () => {
  expect(parseObservation(answer())).toMatchObject({
    toolkit: '0123456789abcdef',
    images: [{name: 'docker.io/shop/backend:1.4', digest: 'sha256:aaaa'}],
    volumes: ['demo.shop.default/data'],
  });
  expect(seen).toEqual({
    id: spec.id,
    manifest,
    task: 'running',
    pid: 241,
    startedAt: '2026-11-21T08:24:02.000Z',
    restarts: 2,
    exitCode: undefined,
    networkUp: true,
    names: ['d41d8cd98f00b204e9800998ecf8427e'],
  });
});

test.each<[string, Record<string, string>, object]>([
  [
    'an ended task',
    {tasks: table([spec.id, 241, 'STOPPED']), exits: `${spec.id} 7`},
    {task: 'stopped', exitCode: 7, pid: undefined, startedAt: undefined},
  ],
  [
    'an ended task whose code is not known',
    {tasks: table([spec.id, 241, 'STOPPED'])},
    {task: 'stopped', exitCode: undefined},
  ],
  ['a paused task', {tasks: table([spec.id, 241, 'PAUSED'])}, {task: 'paused'}],
  ['a created task', {tasks: table([spec.id, 241, 'CREATED'])}, {task: 'created'}],
  ['no task', {tasks: table()}, {task: 'none', networkUp: true}],
  ['no container', {tasks: table(), containers: ''}, {task: 'gone', manifest}],
  ['no manifest', {manifests: ''}, {task: 'running', manifest: undefined}],
  ['a manifest cut short', {manifests: line.slice(0, -20)}, {manifest: undefined}],
  ['a manifest of another version', {manifests: line.replace('"version":1', '"version":2')}, {manifest: undefined}],
  [
    'a manifest of another container',
    {manifests: line.replace('./shop-default-backend-2', './shop-default-backend-3')},
    {manifest: undefined, id: spec.id},
  ],
  ['no namespace', {namespaces: '/run/netns/other'}, {networkUp: false}],
  ['a namespace without its address', {addresses: '/proc/241/net/fib_trie 127.0.0.1'}, {networkUp: false}],
  ['its address in another process', {addresses: '/proc/999/net/fib_trie 10.89.3.7'}, {networkUp: false}],
  ['no note of its starts', {starts: ''}, {restarts: 0, startedAt: undefined}],
])('%s', (_, sections, expected) => {
  const found = parseObservation(answer(sections))!.containers.find(({id}) => id === spec.id);
  expect(found).toMatchObject(expected);
});

test('an answer that is cut anywhere is none, but never a wrong one', () => {
  const whole = answer();
  const end = whole.lastIndexOf('end');
  for (let length = 0; length < end; length += 7) expect(parseObservation(whole.slice(0, length))).toBeUndefined();
});

test('a containerd that does not say what runs is told from one where nothing runs', () => {
  const silent = parseObservation(answer({tasks: 'failed ctr: failed to dial\nmore', containers: ''}))!;
  expect(silent.tasksFailed).toBe('ctr: failed to dial');
  expect(parseObservation(answer({tasks: table()}))!.tasksFailed).toBeUndefined();
});

test('the script asks a silent containerd once, and its answer is whole', async () => {
  await record(
    observeScript,
    async ({code, calls}) => {
      expect(code).toBe(0);
      expect(calls.filter(words => words.includes('niyanta')).map(words => words.slice(-2))).toEqual([['tasks', 'ls']]);
    },
    {answer: 'no answer'},
  );
});

test('exit codes, and how often each task was started', () => {
  expect(parseExits('a-1 0\nb-1 137 2\nnonsense\n')).toEqual(
    new Map([
      ['a-1', {code: 0, oomKills: 0}],
      ['b-1', {code: 137, oomKills: 2}],
    ]),
  );
  expect(parseTaskEnd('b-1 137 2\nended 1700000000 1 0\n', 'b-1')).toEqual({
    now: {code: 137, oomKills: 2},
    last: {at: '2023-11-14T22:13:20.000Z', code: 1, oomKills: 0},
  });
  expect(parseTaskEnd('ended 1700000000 - 0\n', 'b-1')).toEqual({last: {at: '2023-11-14T22:13:20.000Z', oomKills: 0}});
  expect(parseTaskEnd('ended 99999999999999 1 0\n', 'b-1')).toEqual({});
  expect(
    parseTaskStates(
      `${table(['a-1', 5, 'RUNNING'], ['b-1', 6, 'STOPPED'])}\nstarts ./b-1.starts 4\nstarts ./a-1.starts 1\n`,
    ),
  ).toEqual(
    new Map([
      ['a-1', {running: true, starts: 1}],
      ['b-1', {running: false, starts: 4}],
    ]),
  );
});
