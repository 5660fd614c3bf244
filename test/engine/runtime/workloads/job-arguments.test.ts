import {expect, test} from 'vitest';
import {attemptId, attemptOf} from '../../../../src/engine/runtime/workloads/attempt-spec.ts';
import {hostname, jobArguments} from '../../../../src/engine/runtime/workloads/job-arguments.ts';
import {sampleAttempt, workload} from './sample-attempt.ts';

const words = (parts: Parameters<typeof sampleAttempt>[0] = {}, containerd = '1.7.24') =>
  jobArguments(sampleAttempt(parts), {containerd, entrypoint: ['/bin/report']});
const after = (list: readonly string[], flag: string) => list.filter((_, i) => list[i - 1] === flag);

test('a job has the defaults of services: no new privileges, seccomp, fewer capabilities; and no restart', () => {
  const list = words();
  expect(list).toContain('--seccomp');
  expect(list).not.toContain('--allow-new-privs');
  expect(after(list, '--cap-drop')).toContain('CAP_NET_RAW');
  expect(list.join(' ')).not.toContain('containerd.io/restart');
  expect(after(list, '--label')).toEqual([
    `niyanta.workload=${workload}`,
    'niyanta.attempt=1',
    'niyanta.customer=acme',
    'niyanta.name=Nightly Report',
  ]);
});

test("nothing of it looks like a service's: neither its id nor its labels", () => {
  const list = words();
  expect(list.at(-1)).toBe(`workload.${workload}.1`);
  expect(list.join(' ')).not.toMatch(/niyanta\.(project|spec|service)/);
});

test('inputs, what it goes on from and notices are read-only; checkpoints are its own to write', () => {
  const mounts = after(words({inputs: ['/in/a,b.csv', '/in/c'], restored: true}), '--mount');
  const folder = `/var/lib/niyanta/workloads/${workload}/1`;
  expect(mounts.slice(3)).toEqual([
    `type=bind,src=${folder}/checkpoint,dst=/niyanta/checkpoint,options=rbind:rw`,
    `type=bind,src=${folder}/notice,dst=/niyanta/notice,options=rbind:ro`,
    `type=bind,src=${folder}/restore,dst=/niyanta/restore,options=rbind:ro`,
    `type=bind,src=${folder}/inputs/1,"dst=/in/a,b.csv",options=rbind:ro`,
    `type=bind,src=${folder}/inputs/2,dst=/in/c,options=rbind:ro`,
  ]);
});

test('limits are as the workload says', () => {
  const list = words({resources: {cpu: 0.5, memory: 64 * 2 ** 20}});
  expect([after(list, '--cpus'), after(list, '--memory-limit')]).toEqual([['0.5'], ['67108864']]);
});

test.each([
  [{}, []],
  [{command: ['--all']}, ['/bin/report', '--all']],
  [{entrypoint: ['sh', '-c'], command: ['true']}, ['sh', '-c', 'true']],
])('of %j what runs is %j', (parts, process) => {
  const list = words(parts);
  expect(list.slice(list.indexOf(`workload.${workload}.1`) + 1)).toEqual(process);
});

test('a host name is given where containerd can', () => {
  expect(after(words(), '--hostname')).toEqual(['nightly-report']);
  expect(after(words({}, '1.6.20'), '--hostname')).toEqual([]);
});

test.each([
  ['Nightly Report', 'nightly-report'],
  ['x'.repeat(100), 'x'.repeat(63)],
  ['--é--', 'job'],
])('the host name of %s is %s', (name, expected) => expect(hostname({name})).toBe(expected));

test.each([
  ['shop-default-web-1-8e1faa'],
  ['workload.shop.1'],
  [`workload.${workload}.0`],
  [`workload.${workload}.1.aside`],
  [`workload.${workload}`],
])('%s is no attempt', id => expect(attemptOf(id)).toBeUndefined());

test('an id says which attempt it is, and is short enough for containerd', () => {
  const key = {workload, attempt: 999_999_999};
  expect(attemptOf(attemptId(key))).toEqual(key);
  expect(attemptId(key).length).toBeLessThanOrEqual(76);
});
