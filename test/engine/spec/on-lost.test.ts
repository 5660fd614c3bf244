import {expect, test} from 'vitest';
import {readStack, userErrors} from './reading.ts';

const stackWith = (volume: string, health = '{tcp: {port: 80}}'): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {image: nginx, volumes: ["cache:/cache"], health: ${health}}
volumes:
  cache: ${volume}
environments:
  staging: {volumes: {cache: {onLost: reschedule}}}
`;

test.each([
  ['', 'default', undefined],
  ['{onLost: wait}', 'default', undefined],
  ['{onLost: reschedule}', 'default', 'reschedule'],
  ['', 'staging', 'reschedule'],
])('a volume %j in %s: when its host is lost, %s', async (volume, environment, onLost) => {
  expect((await readStack(stackWith(volume), {environment})).volumes[0]!.onLost).toBe(onLost);
});

test.each([
  ['{tcp: {port: 80}}', undefined],
  ['{tcp: {port: 80}, onUnhealthy: replace}', 'replace'],
  ['{tcp: {port: 80}, onUnhealthy: report}', 'report'],
])('health %s: an unhealthy replica, %s; what runs is the same for it', async (health, onUnhealthy) => {
  const [web] = (await readStack(stackWith('', health))).services;
  expect(web!.onUnhealthy).toBe(onUnhealthy);
  expect(web!.health).toEqual({
    ...{check: {kind: 'tcp', port: 80}, intervalMs: 2000, timeoutMs: 2000},
    ...{retries: 5, startPeriodMs: 10_000},
  });
});

test('other words are refused where they stand', async () => {
  const errors = await userErrors(
    readStack(stackWith('{onLost: rescedule}', '{tcp: {port: 80}, onUnhealthy: restart}')),
  );
  expect(errors.map(({location}) => location?.path).sort()).toEqual([
    'services.web.health.onUnhealthy',
    'volumes.cache.onLost',
  ]);
});
