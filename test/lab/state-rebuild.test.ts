import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: 2
    placement: {spread: host}
    env: {COLOUR: ${colour}, PASSWORD: "\${secret:password}"}
    command: [httpd, -f, -p, "8080", -h, /]
    stop: {grace: 0s}
  idle: {archive: ./web.tar, stop: {grace: 0s}}
`;
const copy = '/var/lib/niyanta/environments/test.shop.default.json';
const env = {NIYANTA_SECRET_PASSWORD: 'correct horse battery staple'};

let project: TestProject;
async function ok(...words: string[]) {
  const done = await project.niyanta(words, {env});
  expect(done.code, `${words.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
  return done;
}
/** As after a disk that was lost: nothing of the state is on this machine. */
async function loseState() {
  await rm(join(project.directory, 'niyanta.lock.json'));
  await rm(join(project.directory, '.niyanta'), {recursive: true});
}
const state = async () => (await ok('state', 'show', '--json')).json.environments.default;
const colours = async () => {
  const found: string[] = [];
  for (const host of ['h1', 'h2']) {
    for (const id of (await runningOn(lab(), host)).filter(id => id.includes('-web-')))
      found.push((await lab().sh(host, `ctr -n niyanta t exec --exec-id c ${id} sh -c 'echo $COLOUR'`)).trim());
  }
  return found;
};

beforeAll(async () => {
  const archive = await busyboxArchive({command: ['sleep', '1000']});
  project = await lab().project(stack('red'), {'web.tar': archive});
  await ok('apply', '--yes');
  await project.write('stack.yaml', stack('green'));
  await ok('apply', '--yes');
  await ok('stop', 'idle', '--yes');
});

test('each host has a copy, for root alone, without any secret', async () => {
  for (const host of ['h1', 'h2']) {
    expect(await lab().sh(host, `stat -c %a ${copy}`)).toBe('600\n');
    const text = await lab().sh(host, `cat ${copy}`);
    expect(text).toContain('${secret:password}');
    expect(text).not.toContain(env.NIYANTA_SECRET_PASSWORD);
  }
});

test('from the hosts alone all comes back: nothing is to be done, and one can roll back', async () => {
  const before = await state();
  await loseState();
  await ok('state', 'rebuild', '--yes');
  const after = await state();
  for (const part of ['stack', 'images', 'subnets', 'placements', 'stopped']) expect(after[part]).toEqual(before[part]);
  expect(after.stopped).toEqual(['idle']);
  expect(after.history.slice(0, -1)).toEqual(before.history);
  expect(after.history.at(-1)).toMatchObject({action: 'rebuild', outcome: 'applied'});
  const plan = await ok('plan', '--json', '--detailed-exitcode');
  expect(plan.json.operations).toEqual([]);
  expect(plan.json.drift).toEqual([]);
  await ok('rollback', '--yes');
  expect(await colours()).toEqual(['red', 'red']);
});

test('a container whose manifest is lost as well is placed, and the next apply repairs it', async () => {
  const before = await state();
  const [web] = (await runningOn(lab(), 'h2')).filter(id => id.includes('-web-'));
  await lab().sh('h2', `rm /var/lib/niyanta/containers/${web}.json`);
  await loseState();
  await ok('state', 'rebuild', '--yes');
  const after = await state();
  expect(after.placements.web).toEqual(before.placements.web);
  expect(after.history.at(-1).summary).toContain('1 of them without a manifest');
  await ok('apply', '--yes');
  expect((await ok('plan', '--json')).json.operations).toEqual([]);
  expect(await colours()).toEqual(['green', 'green']);
});

test('destroy takes the copies with it', async () => {
  await ok('destroy', '--yes');
  for (const host of ['h1', 'h2']) expect((await lab().exec(host, ['test', '-e', copy])).code).toBe(1);
});
