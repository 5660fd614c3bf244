import {execFileSync, spawnSync} from 'node:child_process';
import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {render} from '../../../../src/engine/hosts/command.ts';
import {guardLines} from '../../../../src/engine/runtime/workloads/address-lines.ts';
import {attemptsOnHost, sweepWorkloads} from '../../../../src/engine/runtime/workloads/attempts-on-host.ts';
import {closeAttempt, stopAttempt} from '../../../../src/engine/runtime/workloads/close-attempt.ts';
import {gpuLines} from '../../../../src/engine/runtime/workloads/gpu-lines.ts';
import {noticeAttempt} from '../../../../src/engine/runtime/workloads/notice-attempt.ts';
import {receiveFiles} from '../../../../src/engine/runtime/workloads/receive-files.ts';
import {startAttempt} from '../../../../src/engine/runtime/workloads/start-attempt.ts';
import {sampleAttempt, workload} from './sample-attempt.ts';

const start = (spec = sampleAttempt(), env: Record<string, string> = {}) =>
  startAttempt({spec, env, containerd: '1.6.20', entrypoint: ['/bin/report']});
const stop = {signal: 'SIGTERM', graceMs: 500};
const key = {workload, attempt: 2};

const hostile = `a'b "c" $(reboot) \`reboot\` ; reboot \\`;
const scripts = {
  start: start(
    sampleAttempt({attempt: 2, ports: [{host: 80, container: 8080, protocol: 'tcp', address: '127.0.0.1'}]}),
    {A: hostile},
  ).text,
  'start of hostile words': start(
    sampleAttempt({
      name: hostile,
      customer: hostile,
      command: [hostile],
      workdir: hostile,
      inputs: [`/${hostile}`],
      mounts: [{source: `/${hostile}`, target: `/${hostile}`, readOnly: true}],
    }),
  ).text,
  'start with devices': start(
    sampleAttempt({gpus: {count: 2, devices: ['/dev/nvidia0', '/dev/nvidia11', '/dev/dri/card0']}}),
  ).text,
  stop: stopAttempt(key, stop).text,
  close: closeAttempt(key, stop).text,
  notice: noticeAttempt(key, 'SIGUSR1', 30_000).text,
  receive: render(receiveFiles({...key, owner: 'abc'}, 'inputs')),
  list: render(attemptsOnHost.command),
  sweep: sweepWorkloads(7).text,
  guard: guardLines().join('\n'),
};

test.each(Object.entries(scripts))('the script to %s is sh', (_, text) => {
  expect(execFileSync('sh', ['-n'], {input: text, encoding: 'utf8'})).toBe('');
});

test('what others wrote is nowhere but in quotes', () => {
  // Take every quoted word out: nothing of it may be left.
  const bare = scripts['start of hostile words'].replace(/'(?:[^']|'\\'')*'/g, '');
  expect(bare).not.toMatch(/\$\(reboot|`reboot|; reboot/);
});

test('a start is refused, does nothing, or makes everything anew, in this order', () => {
  const text = scripts.start;
  const steps = [
    `#: lock /var/lib/niyanta/workloads/${workload}/lock 7`,
    `#: folder /var/lib/niyanta/workloads/${workload}/2/checkpoint 1777`,
    'rmdir',
    'attempt-fenced',
    'remove "$old"',
    'sync',
    'echo there; exit',
    'NIYANTA-WORKLOADS',
    'set -C',
    'attempt.json',
    'network up',
    `: >/var/lib/niyanta/workloads/${workload}/2/started`,
    'run --detach',
    'NIYANTA_ATTEMPT=2',
    'echo started',
  ];
  const places = steps.map(step => text.indexOf(step));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('the first attempt has nobody before it: nothing is forced onto the disk', () => {
  expect(start().text).not.toContain('sync ');
  expect(start(sampleAttempt({attempt: 3})).text).toContain('sync ');
});

test("the contract's variables win over those of the job, and secrets are in the pipe alone", () => {
  const {text} = start(sampleAttempt({restored: true}), {NIYANTA_ATTEMPT: '99', TOKEN: 'very-secret'});
  const env = text.slice(text.indexOf("9<<'end of environment'")).split('\n').slice(1, -2);
  expect(env).toEqual([
    'NIYANTA_ATTEMPT=1',
    'TOKEN=very-secret',
    `NIYANTA_WORKLOAD_ID=${workload}`,
    'NIYANTA_CHECKPOINT_DIR=/niyanta/checkpoint',
    'NIYANTA_CHECKPOINT_DEADLINE=/niyanta/notice/deadline',
    'NIYANTA_RESTORE_FROM=/niyanta/restore',
    'end of environment',
  ]);
  expect(text.split('very-secret')).toHaveLength(2);
});

test('a value of several lines is refused, with where it stands', () => {
  expect(() => start(sampleAttempt(), {KEY: 'a\nb'})).toThrow(
    'workload Nightly Report: env.KEY: its value has more than',
  );
});

test('who has no grace is killed at once', () => {
  expect(stopAttempt(key, {signal: 'SIGINT', graceMs: 0}).text).not.toContain('SIGINT');
  expect(stopAttempt(key, {signal: 'SIGINT', graceMs: 1}).text).toMatch(/SIGINT.*SIGKILL/s);
});

test.each(['../../etc', '0190a1b2', `${workload}/..`, workload.toUpperCase(), ''])(
  '"%s" is no folder of a workload',
  id => {
    expect(() => closeAttempt({workload: id, attempt: 1}, stop)).toThrow("is no workload's id");
  },
);

test('devices are taken one by one under a lock, before the container runs, and given to ctr as their kind wants', () => {
  const text = scripts['start with devices'];
  const folder = '/var/lib/niyanta/workloads/.gpus';
  expect(text.split('\n').filter(line => line.startsWith('take_gpu /'))).toEqual([
    `take_gpu /dev/nvidia0 ${folder}/nvidia0 '--gpus 0' 0`,
    `take_gpu /dev/nvidia11 ${folder}/nvidia11 '--gpus 11' 11`,
    `take_gpu /dev/dri/card0 ${folder}/dri_card0 '--device /dev/dri/card0' ''`,
  ]);
  expect(text).toContain('run --detach $gpu_words --label');
  expect(text).toContain("<<'end of environment' 7>&- 5>&-");
  expect(text.indexOf('flock 5')).toBeLessThan(text.indexOf('take_gpu /'));
  expect(text.indexOf('take_gpu /')).toBeLessThan(text.indexOf('run --detach'));
  expect(scripts.start).not.toContain('gpu');
  expect(() => start(sampleAttempt({gpus: {count: 1, devices: ['/dev/a b']}}))).toThrow('is no device');
});

test('which device is taken: those of others that live are left, those of the dead and of nobody are not', async () => {
  const root = await mkdtemp(join(tmpdir(), 'niyanta-gpus-'));
  onTestFinished(() => rm(root, {recursive: true}));
  const spec = sampleAttempt({gpus: {count: 2, devices: ['/dev/null', '/dev/zero', '/dev/full', '/dev/none']}});
  const at = (path: string) => join(root, path.replace(/^\//, ''));
  const run = () => {
    const lines = gpuLines(spec)
      .join('\n')
      .replaceAll('/var/lib/', `${at('/var/lib')}/`)
      .replaceAll('/run/', `${at('/run')}/`);
    return spawnSync('sh', ['-c', `set -eu\n${lines}\necho "$gpu_words"`], {encoding: 'utf8'});
  };
  const free = run();
  expect(free.stdout.trim()).toBe('--device /dev/null --device /dev/zero --env NIYANTA_GPUS=/dev/null,/dev/zero');
  // Its own again: the same.
  expect(run().stdout).toBe(free.stdout);
  const other = 'workload.01900000-0000-7000-8000-000000000001.3';
  const folder = at('/var/lib/niyanta/workloads/01900000-0000-7000-8000-000000000001/3');
  await writeFile(at('/var/lib/niyanta/workloads/.gpus/null'), `${other}\n`);
  await mkdir(folder, {recursive: true});
  expect(run().stdout).toContain('NIYANTA_GPUS=/dev/zero,/dev/full');
  await writeFile(join(folder, 'started'), '');
  expect(run().stdout).toContain('NIYANTA_GPUS=/dev/null,/dev/zero');
  for (const name of ['null', 'zero']) await writeFile(at(`/var/lib/niyanta/workloads/.gpus/${name}`), `${other}\n`);
  await rm(join(folder, 'started'));
  await rm(at('/var/lib/niyanta/workloads/.gpus/full'), {force: true});
  const taken = run();
  expect([taken.status, taken.stderr]).toEqual([94, 'gpus-taken: 1 of 2 devices are not free\n']);
  expect(await readdir(at('/var/lib/niyanta/workloads/.gpus'))).toEqual(['.lock', 'null', 'zero']);
});
