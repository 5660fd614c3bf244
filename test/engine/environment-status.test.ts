import {expect, test} from 'vitest';
import {environmentStatus, type ServiceStatus} from '../../src/engine/environment-status.ts';

const service = (name: string, more: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service: name,
  wanted: 2,
  good: 2,
  starting: 0,
  stopped: false,
  ...more,
});

test.each([
  ['never applied', [service('web')], false, 'pending', 'not applied yet'],
  ['all good', [service('web'), service('db')], true, 'running', 'every replica is running'],
  ['one replica short', [service('web', {good: 1}), service('db')], true, 'degraded', 'web 1 of 2'],
  [
    'a service without any replica',
    [service('web'), service('db', {good: 0})],
    true,
    'failed',
    'db has no running replica',
  ],
  [
    'a replica within its start period',
    [service('web', {good: 1, starting: 1})],
    true,
    'pending',
    'web still starting',
  ],
  [
    'all stopped on purpose',
    [service('web', {good: 0, stopped: true})],
    true,
    'stopped',
    'every service was stopped on purpose',
  ],
  [
    'one stopped on purpose',
    [service('web'), service('db', {good: 0, stopped: true})],
    true,
    'running',
    'all but db, stopped on purpose',
  ],
  ['scaled to nothing', [service('web', {wanted: 0, good: 0})], true, 'running', 'every replica is running'],
] as const)('%s', (_, services, applied, state, why) => {
  expect(environmentStatus(services, applied)).toEqual({state, why});
});
