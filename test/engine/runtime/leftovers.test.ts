import {expect, test} from 'vitest';
import {manifestOf} from '../../../src/engine/runtime/containers/write-manifest.ts';
import {findLeftovers, type Traces} from '../../../src/engine/runtime/leftovers/find-leftovers.ts';
import type {Leftover} from '../../../src/engine/runtime/leftovers/leftover.ts';
import {parseLeftoverFiles} from '../../../src/engine/runtime/leftovers/leftover-files.ts';
import type {ObservedContainer} from '../../../src/engine/runtime/observed.ts';
import {sampleSpec} from './sample-spec.ts';

const spec = sampleSpec();
const {bridge} = spec.network;
const owner: ObservedContainer = {
  id: spec.id,
  manifest: manifestOf(spec, {serial: 1, createdAt: '2026-01-02T03:04:05.000Z'}),
  task: 'running',
  restarts: 0,
  networkUp: true,
  names: [],
};
const none: Traces = {containers: [owner], files: [], devices: [], snapshots: [], overlays: []};
const ghost = 'shop-default-web-7-0a1b2c';
const device = (name: string, of?: string) => ({name, up: true, bridge: of});
const translation = (masqueraded: string[], ids: string[] = []) => ({
  forwards: new Set<string>(),
  masqueraded: new Set(masqueraded),
  chains: new Map(ids.map(id => [id, {bridge: 'ny0000dead', chains: ['CNI-DN-1']}] as const)),
});

test.each<[string, Partial<Traces>, Leftover[]]>([
  ['a bridge without ports', {devices: [device('ny0000dead')]}, [{kind: 'bridge', bridge: 'ny0000dead', subnets: []}]],
  ['a bridge with a port', {devices: [device('ny0000dead'), device('veth1', 'ny0000dead')]}, []],
  ['a bridge that a container is to be on', {devices: [device(bridge)]}, []],
  ['a bridge of a network across hosts', {devices: [device('ny0000dead')], overlays: ['ny0000dead']}, []],
  ['bridges of others', {devices: [device('br0'), device('nyours'), device('docker0')]}, []],
  [
    'a rule of a bridge that is gone',
    {translation: translation(['ny0000dead 10.89.9.0/24'])},
    [{kind: 'bridge', bridge: 'ny0000dead', subnets: ['10.89.9.0/24']}],
  ],
  ['the rule of a bridge in use', {translation: translation([`${bridge} ${spec.network.subnet}`])}, []],
  [
    'ports of a container that is gone',
    {translation: translation([], [ghost, spec.id])},
    [{kind: 'ports', id: ghost, bridge: 'ny0000dead', chains: ['CNI-DN-1']}],
  ],
  [
    'a namespace on a bridge of ours without a container, and others that are not ours',
    {
      devices: [
        device('ny0000dead'),
        {...device('ve1', 'ny0000dead'), namespace: ghost},
        {...device('ve2', bridge), namespace: spec.id},
        {...device('ve3', 'docker0'), namespace: 'other-1-0a1b2c'},
        {...device('ve4', 'ny0000dead'), namespace: 'mine'},
      ],
    },
    [{kind: 'namespace', id: ghost, bridge: 'ny0000dead'}],
  ],
  [
    'a namespace that files tell of',
    {
      files: [{kind: 'files', id: ghost, old: false}],
      devices: [device('ny0000dead'), {...device('ve1', 'ny0000dead'), namespace: ghost}],
    },
    [{kind: 'files', id: ghost, old: false}],
  ],
  [
    'file systems',
    {snapshots: ['KEY', 'whole', 'sha256:aa', spec.id, ghost, 'my-own']},
    [{kind: 'snapshot', id: ghost}],
  ],
])('%s', (_, traces, expected) => {
  expect(findLeftovers({...none, ...traces})).toEqual(expected);
});

test('files are one leftover a container, as young as the youngest of them', () => {
  expect(
    parseLeftoverFiles([
      `files ${ghost} /var/lib/niyanta/networks/${ghost} ny0000dead`,
      `files ${ghost} /var/lib/niyanta/hosts/${ghost} ny0000dead`,
      'files other-1-0a0a0a /var/lib/niyanta/logs/other-1-0a0a0a.log ',
      `temporary ${ghost} /run/niyanta/env/${ghost} ny0000dead`,
      `old /var/lib/niyanta/networks/${ghost}`,
      'old /var/lib/niyanta/logs/other-1-0a0a0a.log',
    ]),
  ).toEqual([
    {kind: 'files', id: ghost, old: false, bridge: 'ny0000dead'},
    {kind: 'files', id: 'other-1-0a0a0a', old: true},
    {kind: 'temporary', id: ghost, path: `/run/niyanta/env/${ghost}`, old: false},
  ]);
});
