import {expect, test} from 'vitest';
import {containerFigures} from '../../../../src/engine/coordinator/observing/container-figures.ts';
import {busyBetween, parseHostUsage} from '../../../../src/engine/runtime/host-usage.ts';

const id = '01934567-89ab-7cde-8f01-000000000001';
const printed = (busy: number, idle: number, nanoseconds: number) => `cpu ${busy} 0 0 ${idle} 10 0 0 0
cpus 4
MemTotal: 1000
MemAvailable: 400
overlay 100000 60000 40000 60% /var/lib
--- containers
/sys/fs/cgroup/memory/niyanta/workload.${id}.2/memory.usage_in_bytes 5000
/sys/fs/cgroup/cpuacct/niyanta/workload.${id}.2/cpuacct.usage ${nanoseconds}
/sys/fs/cgroup/memory/niyanta/shop.web.1/memory.usage_in_bytes 900
`;

test('what a host uses is read, and how busy it was between two looks', () => {
  const before = parseHostUsage(printed(100, 890, 1e9))!;
  const now = parseHostUsage(printed(175, 1115, 4e9))!;
  expect(now).toMatchObject({
    cpus: 4,
    memory: {total: 1_024_000, available: 409_600},
    disk: {total: 102_400_000, free: 40_960_000},
  });
  expect(busyBetween(before, now)).toBe(0.25);
  expect(busyBetween(now, now)).toBe(0);
});

test.each(['', 'cpu 1 2 3 4\n', printed(1, 2, 3).replace('MemTotal', 'Mem')])('half an answer is none', text => {
  expect(parseHostUsage(text)).toBeUndefined();
});

test('containers of workloads have figures by name, those beyond are other; those of stacks are not here', () => {
  const looks = new Map([
    [
      'h1',
      {
        before: {usage: parseHostUsage(printed(100, 890, 1e9))!, atMs: 0},
        now: {usage: parseHostUsage(printed(175, 1115, 4e9))!, atMs: 2000},
      },
    ],
  ]);
  const names = new Map([[id, {name: 'train', customer: 'acme'}]]);
  const own = containerFigures(looks, names, 5);
  expect(own.cpu).toEqual([{labels: {host: 'h1', customer: 'acme', workload: 'train'}, value: 1.5}]);
  expect(own.memory).toEqual([{labels: {host: 'h1', customer: 'acme', workload: 'train'}, value: 5000}]);
  const other = {host: 'h1', customer: 'other', workload: 'other'};
  expect(containerFigures(looks, names, 0).cpu[0]!.labels).toEqual(other);
  expect(containerFigures(looks, new Map(), 5).cpu[0]!.labels).toEqual(other);
});
