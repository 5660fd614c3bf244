import {expect, test} from 'vitest';
import {plainStyle} from '../../../src/engine/view/look.ts';
import {exitOfWorkloads, type WorkloadNow, workloadLine} from '../../../src/engine/view/workload-view.ts';

const look = {style: plainStyle, columns: 80, now: new Date(0)};
const at = (state: string, more: Partial<WorkloadNow> = {}): WorkloadNow => ({
  id: 'x',
  name: 'job',
  state,
  attempt: 1,
  ...more,
});

test.each([
  [at('PENDING', {reason: 'no host is free'}), 'job  waits: no host is free'],
  [at('RUNNING', {worker: 'h1'}), 'job  runs on h1'],
  [at('RUNNING', {worker: 'h1', attempt: 2, version: '3'}), 'job 3  runs on h1, attempt 2'],
  [at('SUCCEEDED', {startedAt: 1000, endedAt: 2500}), 'job  succeeded in 1.5s'],
  [at('FAILED', {reason: 'exit 7\u001b[2J'}), 'job  failed: exit 7\\e[2J'],
  [at('RETRYING', {reason: 'exit 7'}), 'job  tries again: exit 7'],
])('%j', (workload, line) => expect(workloadLine(workload, look)).toBe(line));

test.each<[readonly WorkloadNow[], number]>([
  [[at('SUCCEEDED'), at('SUCCEEDED')], 0],
  [[at('SUCCEEDED'), at('CANCELLED'), at('FAILED', {exitCode: 7}), at('FAILED', {exitCode: 9})], 7],
  [[at('FAILED')], 1],
  [[at('SUCCEEDED'), at('CANCELLED')], 3],
])('the exit code of %j', (all, code) => expect(exitOfWorkloads(all)).toBe(code));
