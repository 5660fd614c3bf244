import {expect, test} from 'vitest';
import {keepScaled} from '../../../src/engine/spec/scale-counts.ts';
import {errorsOf, readStack} from './reading.ts';

const stack = (web: string, more = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    image: nginx
    ${web}
${more}`;
const route = 'routes: [{service: web, port: 80}]';
const whole =
  'resources: {cpu: 0.5, memory: 64Mi}\n    scale: {min: 2, max: 10, cpu: 70, memory: 80, requests: 50, queue: {perReplica: 10, customer: acme, labels: {kind: thumbnail}}, cooldown: {up: 5s, down: 1m}, tolerance: 5, window: 2m}';

test('scale says how replicas follow the load, and min is where they begin', async () => {
  const {services} = await readStack(stack(whole, route));
  expect(services[0]).toMatchObject({
    replicas: 2,
    scale: {
      min: 2,
      max: 10,
      cpu: 70,
      memory: 80,
      requests: 50,
      queue: {perReplica: 10, customer: 'acme', labels: {kind: 'thumbnail'}},
      cooldown: {upMs: 5000, downMs: 60_000},
      tolerance: 0.05,
      windowMs: 120_000,
    },
  });
});

test('what is not said has defaults, and a service without scale says nothing of it', async () => {
  const {services} = await readStack(stack('scale: {max: 3, queue: {perReplica: 1}}'));
  expect(services[0]).toMatchObject({
    replicas: 1,
    scale: {min: 1, max: 3, cooldown: {upMs: 15_000, downMs: 300_000}, tolerance: 0.1, windowMs: 300_000},
  });
  expect(Object.keys((await readStack(stack('replicas: 1'))).services[0]!)).not.toContain('scale');
});

test.each([
  [
    'replicas: 3\n    scale: {max: 3, queue: {perReplica: 1}}',
    'stack.yaml:7:5 services.web.replicas: cannot stand beside scale',
  ],
  [
    'scale: {max: 3}',
    'stack.yaml:7:12 services.web.scale: says no figure to go by: write cpu, memory, requests or queue',
  ],
  ['scale: {cpu: 70}', 'stack.yaml:7:5 services.web.scale.max: is required and missing'],
  [
    'scale: {max: 3, cpu: 70}',
    'stack.yaml:7:21 services.web.scale.cpu: is a share of resources.cpu, which is not given',
  ],
  [
    'scale: {max: 3, memory: 70}',
    'stack.yaml:7:21 services.web.scale.memory: is a share of resources.memory, which is not given',
  ],
  [
    'scale: {max: 3, requests: 70}',
    'stack.yaml:7:21 services.web.scale.requests: counts what the proxies are asked, and no route leads to this service',
  ],
  [
    'scale: {min: 4, max: 3, queue: {perReplica: 1}}',
    'stack.yaml:7:26 services.web.scale.max: must be at least min, 4, is 3',
  ],
  [
    'scale: {min: 0, max: 3, requests: 5}',
    'stack.yaml:7:18 services.web.scale.min: can be 0 only with queue: without replicas no other figure tells that one is needed',
  ],
  ['scale: {max: 3, cpu: 0}', 'stack.yaml:7:26 services.web.scale.cpu: must be at least 1, is 0'],
  ['scale: {max: 3, cpu: 700}', 'stack.yaml:7:26 services.web.scale.cpu: must be at most 100, is 700'],
  [
    'scale: {max: 3, queue: {perReplica: 1}, cooldown: 5s}',
    'stack.yaml:7:55 services.web.scale.cooldown: must be a map, is the text "5s"',
  ],
  [
    'scale: {max: 3, queue: {perReplica: 1, label: {a: b}}}',
    'stack.yaml:7:44 services.web.scale.queue.label: unknown key, did you mean "labels"?',
  ],
])('%s', async (web, error) => {
  expect(await errorsOf(readStack(stack(web)))).toContain(error);
});

test('a served apply keeps the number that the load asked for, within min and max', async () => {
  const written = await readStack(stack('scale: {min: 2, max: 4, queue: {perReplica: 1}}'));
  const replicasAfter = (present: number | undefined): number => {
    const before =
      present === undefined ? undefined : {...written, services: [{...written.services[0]!, replicas: present}]};
    return keepScaled(written, before).services[0]!.replicas;
  };
  expect([undefined, 1, 3, 9].map(replicasAfter)).toEqual([2, 2, 3, 4]);
  const fixed = await readStack(stack('replicas: 5'));
  expect(keepScaled(fixed, {...fixed, services: [{...fixed.services[0]!, replicas: 1}]})).toEqual(fixed);
});
