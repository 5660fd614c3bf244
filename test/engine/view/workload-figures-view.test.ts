import {expect, test} from 'vitest';
import type {Schemas} from '../../../src/engine/client/api-client.ts';
import {plainStyle} from '../../../src/engine/view/look.ts';
import {workloadFiguresView} from '../../../src/engine/view/workload-figures-view.ts';

const row = (name: string, more: Partial<Schemas['WorkloadFigures']>): Schemas['WorkloadFigures'] => ({
  id: '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
  customer: 'acme',
  seq: 1,
  name,
  type: 'container',
  state: 'RUNNING',
  priority: 50,
  labels: {},
  acceptedAt: '2026-11-21T18:00:00.000Z',
  changedAt: '2026-11-21T18:00:00.000Z',
  attempt: 1,
  worker: 'h1',
  startedAt: '2026-11-21T18:00:00.000Z',
  ...more,
});

test('what runs, as it fits', () => {
  const look = {style: plainStyle, columns: 80, now: new Date('2026-11-21T18:02:00Z')};
  const items = [
    row('report', {cpu: 0.5, memory: 3 * 2 ** 20, memoryLimit: 2 ** 29, progress: 41.7}),
    row('nap', {type: 'sleep', worker: 'h2', version: '2'}),
  ];
  expect(
    workloadFiguresView
      .text({items}, look)
      .split('\n')
      .map(line => line.trimEnd()),
  ).toEqual([
    '2 workloads on 2 hosts: 0.50 cores, 3 MiB',
    '',
    'NAME    HOST  STATE    CPU            MEMORY  DONE  TIME  CUSTOMER',
    'report  h1    RUNNING  50%  3 MiB of 512 MiB   41%    2m  acme',
    'nap 2   h2    RUNNING                                 2m  acme',
  ]);
  expect(workloadFiguresView.text({items: []}, look)).toBe('Nothing runs.');
});
