import {expect, test} from 'vitest';
import {beatOfHost, roomOf} from '../../../../src/engine/coordinator/workers/host-beat.ts';
import type {ReachableHost} from '../../../../src/engine/runtime/observed.ts';
import type {Gpu, Host} from '../../../../src/engine/spec/project.ts';

const host = (gpus?: readonly Gpu[], labels = {}): Host => ({
  name: 'h1',
  local: false,
  sudo: false,
  connectTimeoutMs: 1000,
  labels,
  drain: false,
  ...(gpus && {gpus}),
});

const seen = (gpus?: readonly Gpu[]): ReachableHost =>
  ({
    facts: {cpus: 4, memory: 1024, disk: {total: 9, free: 5}, containerd: {version: '1.6.20', running: true}, gpus},
    containers: [],
  }) as unknown as ReachableHost;

const found = [
  {device: '/dev/nvidia0', kind: 'a100'},
  {device: '/dev/nvidia1', kind: 'a100'},
];

test.each([
  ['none', host(), seen(), 0, {}],
  ['those that are found', host(), seen(found), 2, {'gpu-kind': 'a100'}],
  ['those of two kinds', host(), seen([found[0]!, {device: '/dev/nvidia1'}]), 2, {}],
  ['those that niyanta.yaml says', host([{device: '/dev/x', kind: 'y'}]), seen(found), 1, {'gpu-kind': 'y'}],
  ['none, where niyanta.yaml says so', host([]), seen(found), 0, {}],
  ['what its labels say of them', host(undefined, {'gpu-kind': 'own'}), seen(found), 2, {'gpu-kind': 'own'}],
])('a host offers its GPUs: %s', (_, one, looked, gpu, labels) => {
  expect(beatOfHost(one, looked, undefined)).toMatchObject({capacity: {gpu, cpu: 4, disk: 5}, labels});
  expect(Object.keys(beatOfHost(one, looked, undefined).labels)).toEqual(Object.keys(labels));
});

test.each([
  ['nothing', {cpu: 0, memory: 0}, {cpu: 4, memory: 1024}],
  ['some of it', {cpu: 1.5, memory: 1000}, {cpu: 2.5, memory: 24}],
  ['more than there is', {cpu: 5, memory: 2000}, {cpu: 0, memory: 0}],
])('what other coordinators reserve is not offered: %s', (_, others, left) => {
  expect(beatOfHost(host(), seen(), undefined, others).capacity).toMatchObject(left);
  expect(roomOf(seen())).toEqual({cpu: 4, memory: 1024});
});
