import {expect, onTestFinished, test} from 'vitest';
import type {EnvironmentRow} from '../../../../src/engine/coordinator/environments/environments.ts';
import {silentLog} from '../../../../src/engine/coordinator/log.ts';
import {AutoscaleDuty, type AutoscaleParts} from '../../../../src/engine/coordinator/scaling/autoscale-duty.ts';
import {defaultCoordinatorSettings} from '../../../../src/engine/coordinator/settings.ts';
import type {Stack} from '../../../../src/engine/spec/stack.ts';
import {readStack} from '../../spec/reading.ts';

const row = (more: Partial<EnvironmentRow> = {}) =>
  ({
    id: 'shop.default',
    customer: 'acme',
    project: 'shop',
    environment: 'default',
    healing: 'on',
    ...more,
  }) as EnvironmentRow;
const stack = await readStack(`apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {image: nginx, scale: {max: 5, queue: {perReplica: 10}, cooldown: {up: 15s}}}
  db: {image: postgres}
`);
const withReplicas = (replicas: number): Stack => ({
  ...stack,
  services: stack.services.map(service => (service.scale ? {...service, replicas} : service)),
});

/** One environment, a queue, and a clock that a test moves. */
function scene() {
  const world = {rows: [row()], waiting: 0, replicas: 1, changing: false, leads: true, stopped: [] as string[]};
  const scaled: unknown[] = [];
  const noted: unknown[] = [];
  let now = 0;
  let due: (() => void) | undefined;
  let looks = 0;
  const parts = {
    environments: {
      scale: async (_scope: unknown, id: string, counts: Record<string, number>, actor: object) => {
        scaled.push([id, counts, actor]);
        world.replicas = counts.web!;
      },
    },
    store: {
      openChanges: async () => (world.changing ? [{environment: 'shop.default'}] : []),
      environments: async () => ({items: world.rows}),
      waiting: async () => {
        looks += 1;
        return world.waiting;
      },
      note: async (event: unknown) => void noted.push(event),
    },
    settings: () => defaultCoordinatorSettings,
    pool: {worker: () => undefined},
    hosts: () => [],
    openState: async () => ({
      read: async () => ({
        environments: {
          default: {
            stopped: world.stopped,
            placements: {},
            history: [{action: 'apply', outcome: 'applied', stack: withReplicas(world.replicas)}],
          },
        },
      }),
      close: async () => {},
    }),
    clock: {
      monotonicMs: () => now,
      after: (_ms: number, then: () => void) => {
        due = then;
        return () => {
          due = undefined;
        };
      },
    },
    log: silentLog,
  } as unknown as AutoscaleParts;
  const duty = new AutoscaleDuty(parts);
  onTestFinished(() => duty.end());
  const rested = () => expect.poll(() => due !== undefined, {timeout: 30_000, interval: 5}).toBe(true);
  return {
    ...{world, scaled, noted, duty},
    looks: () => looks,
    async begin() {
      duty.begin(() => (world.leads ? {coordinator: 'c', generation: 1} : undefined));
      await rested();
    },
    /** The next look, after so long. */
    async next(ms = defaultCoordinatorSettings.stacks.scaleEveryMs) {
      now += ms;
      const then = due!;
      due = undefined;
      then();
      await rested();
    },
  };
}

test('what waits brings replicas once the rest is over, and it stands in the audit', async () => {
  const {world, scaled, noted, begin, next} = scene();
  world.waiting = 25;
  await begin();
  expect(scaled).toEqual([]);
  await next(15_000);
  expect(scaled).toEqual([['shop.default', {web: 3}, {name: 'autoscaler'}]]);
  expect(noted).toEqual([
    {
      type: 'environment.scaled',
      customer: 'acme',
      actor: {name: 'autoscaler'},
      data: {
        environment: 'shop.default',
        service: 'web',
        from: 1,
        to: 3,
        reason: 'queue 25 waiting of 10 a replica: 1 → 3',
      },
    },
  ]);
  await next();
  expect(scaled).toHaveLength(1);
});

test.each([
  ['a change goes on', {changing: true}],
  ['healing is paused', {rows: [row({healing: 'paused'})]}],
  ['the service was stopped', {stopped: ['web']}],
  ['the lead is another one’s', {leads: false}],
])('nothing is scaled while %s', async (_, held) => {
  const {world, scaled, begin, next} = scene();
  Object.assign(world, held, {waiting: 100});
  await begin();
  await next(100_000);
  await next();
  expect(scaled).toEqual([]);
});

test('once its term is over nothing is looked at any more', async () => {
  const {duty, begin, next, looks, world, scaled} = scene();
  await begin();
  await next();
  await duty.end();
  const before = looks();
  world.waiting = 100;
  duty.wake();
  expect([looks(), scaled]).toEqual([before, []]);
});
