import {beforeAll, expect, test} from 'vitest';
import {keptLogLines} from '../../src/engine/coordinator/types/kept-log.ts';
import {sharedLab} from './harness/index.ts';
import {JobHosts} from './harness/job-host.ts';

const lab = sharedLab({hosts: 2});
let jobs: JobHosts;
beforeAll(async () => {
  jobs = await JobHosts.ready(lab());
});

test('a job runs once with its inputs, and what comes out of it is kept', async () => {
  const {end, attempt} = await jobs.run({
    script: `echo begun; echo oops >&2; cat /in/data.csv >/report.txt; env | grep -e NIYANTA -e TOKEN | sort >/env.txt
      echo '{"rows": 2}' >/result.json; grep -e CapEff -e NoNewPrivs -e Seccomp: /proc/self/status >/status.txt; exit 3`,
    env: {TOKEN: 'is ${secret:token}'},
    inputs: {'/in/data.csv': 'a\\nb\\n'},
    workload: {outputs: {files: ['/report.txt', '/env.txt', '/status.txt', '/none.txt'], result: '/result.json'}},
  });
  expect(end).toMatchObject({
    outcome: 'failed',
    exitCode: 3,
    reason: 'exit 3; /none.txt: there is no such file',
    transient: false,
    result: {rows: 2},
  });
  expect(jobs.text(end.outputs['/report.txt'])).toBe('a\\nb\\n');
  expect(jobs.text(end.outputs['/env.txt']).split('\n')).toEqual([
    'NIYANTA_ATTEMPT=1',
    'NIYANTA_CHECKPOINT_DEADLINE=/niyanta/notice/deadline',
    'NIYANTA_CHECKPOINT_DIR=/niyanta/checkpoint',
    `NIYANTA_WORKLOAD_ID=${attempt.workload.id}`,
    'TOKEN=is value-of-token',
    '',
  ]);
  expect(jobs.text(end.outputs['/status.txt'])).toMatch(/CapEff:\t[0-9a-f]+\nNoNewPrivs:\t1\nSeccomp:\t2\n/);
  const log = await keptLogLines(jobs.blobs.kept.get(end.outputs.log!)!);
  expect(log.map(({stream, text}) => `${stream} ${text}`).sort()).toEqual(['stderr oops', 'stdout begun']);
});
