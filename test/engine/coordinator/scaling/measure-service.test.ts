import {expect, test} from 'vitest';
import {type Measuring, measureService} from '../../../../src/engine/coordinator/scaling/measure-service.ts';
import type {ScaleRule} from '../../../../src/engine/spec/scale.ts';
import type {Service} from '../../../../src/engine/spec/stack.ts';
import {readStack} from '../../spec/reading.ts';

const stack = await readStack(`apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {image: nginx, resources: {cpu: 0.5, memory: 100Mi}}
routes: [{service: web, port: 80}, {service: web, host: a.example, port: 81}]
`);
const scaled = (scale: Partial<ScaleRule>, replicas = 2): Service => ({
  ...stack.services[0]!,
  replicas,
  scale: {min: 1, max: 9, cooldown: {upMs: 0, downMs: 0}, tolerance: 0.1, windowMs: 0, ...scale},
});
const placement = (replica: number) => ({
  replica,
  host: 'h1',
  address: `10.0.0.${replica}`,
  container: `c${replica}`,
  ports: [],
});
const measuring = (parts: Partial<Measuring> = {}): Measuring => ({
  stack,
  placements: [placement(1), placement(2)],
  hosts: ['h1', 'h2'],
  looks: {usage: async () => ({cpu: 0.25, memory: 50 * 2 ** 20}), requests: async () => new Map()},
  waiting: async () => 7,
  ...parts,
});

test('CPU and memory are percent of what a replica may use, of all of them together', async () => {
  expect(await measureService(scaled({cpu: 70, memory: 80}), measuring())).toEqual([
    {figure: 'cpu', total: 100, unknown: 0},
    {figure: 'memory', total: 100, unknown: 0},
  ]);
});

test('a replica of which nothing is known is said to be unknown, as is one that was not placed', async () => {
  const looks = {usage: async (_: string, id: string) => (id === 'c1' ? {cpu: 0.5, memory: 1} : undefined)};
  const some = measuring({looks: {...measuring().looks, ...looks}});
  expect(await measureService(scaled({cpu: 70}, 3), some)).toEqual([{figure: 'cpu', total: 100, unknown: 2}]);
});

test('requests are those that any proxy sent to any of its replicas, by any of its routes', async () => {
  const rates: Record<string, ReadonlyMap<string, number>> = {
    h1: new Map([
      ['10.0.0.1:80', 3],
      ['10.0.0.2:81', 4],
      ['10.0.0.9:80', 100],
    ]),
    h2: new Map([['10.0.0.1:80', 5]]),
  };
  const looks = {...measuring().looks, requests: async (host: string) => rates[host]};
  expect(await measureService(scaled({requests: 5}), measuring({looks}))).toEqual([
    {figure: 'requests', total: 12, unknown: 0},
  ]);
  const silent = {...looks, requests: async (host: string) => (host === 'h2' ? undefined : rates[host])};
  expect(await measureService(scaled({requests: 5}), measuring({looks: silent}))).toEqual([
    {figure: 'requests', failed: 'not counted yet by h2'},
  ]);
});

test('the queue is what waits, or why that is not known', async () => {
  const queue = {perReplica: 2, labels: {kind: 'x'}, customer: 'acme'};
  const asked: unknown[] = [];
  const waiting = async (target: unknown) => asked.push(target) + 6;
  expect(await measureService(scaled({queue}), measuring({waiting}))).toEqual([
    {figure: 'queue', total: 7, unknown: 0},
  ]);
  expect(asked).toEqual([queue]);
  const broken = async () => Promise.reject(new Error('the database is away'));
  expect(await measureService(scaled({queue}), measuring({waiting: broken}))).toEqual([
    {figure: 'queue', failed: 'the database is away'},
  ]);
});
