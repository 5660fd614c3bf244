import {execFileSync} from 'node:child_process';
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {remainsOn} from './harness/host-remains.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {type AppliedEvent, RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 2});
const hosts = ['h1', 'h2'];
const image = await busyboxArchive();

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    volumes: ["data:/data"]
    placement: {require: {host: h1}}
    stop: {grace: 0s}
  web:
    archive: ./one.tar
    replicas: 2
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 100ms}
    placement: {require: {host: h2}}
    needs: [db]
    stop: {grace: 0s}
volumes: {data: {}}
`;

let project: TestProject;
/** What a clean deploy leaves on the hosts. */
let deployed: Record<string, string>;

beforeAll(async () => {
  project = await lab().project(stack('red'), {'one.tar': image});
  await apply();
  deployed = await remainsOn(lab(), hosts);
});

const start = (...words: string[]) => new RunningApply(project.start([...words, '--yes', '--json']));

async function apply(): Promise<string> {
  const done = await project.niyanta(['apply', '--yes']);
  expect(done.code, done.stderr).toBe(0);
  return done.stderr;
}

const about = (type: string, operation: string) => (event: AppliedEvent) =>
  event.type === type && (event.operation ?? '').startsWith(operation);

async function planned(): Promise<readonly unknown[]> {
  return (await project.niyanta(['plan', '--json'])).json.operations;
}

async function converged(): Promise<void> {
  expect(await planned()).toEqual([]);
  await expect.poll(() => remainsOn(lab(), hosts), {interval: 250}).toEqual(deployed);
}

/** Kills an update to another colour at the first event for which `moment` holds. */
async function updateKilled(colour: string, moment: (event: AppliedEvent) => boolean): Promise<void> {
  await project.write('stack.yaml', stack(colour));
  const update = start('apply');
  await update.until(moment);
  update.child.kill('SIGKILL');
  await update.ended;
}

const colours = async (): Promise<string[]> => {
  const texts = await Promise.all(
    hosts.map(host => lab().sh(host, 'cat /var/lib/niyanta/containers/*.json | grep -o \'"COLOUR":"[a-z]*"\'')),
  );
  return [...new Set(texts.join('\n').match(/[a-z]+(?="\n)/g))].sort();
};

describe.each([
  ['begins', about('operation-started', 'container:h1:db')],
  ['has replaced its first container', about('operation-finished', 'container:h1:db')],
  ['has replaced two', about('operation-finished', 'container:h2:web-1')],
])('an update that is killed when it %s', (_, moment) => {
  beforeEach(async () => {
    await project.write('stack.yaml', stack('red'));
    await apply();
  });

  test('is resumed as it was meant, whatever the files say by then', async () => {
    await updateKilled('blue', moment);
    await project.write('stack.yaml', stack('green'));
    const resumed = await project.niyanta(['apply', '--resume', '--yes']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/found run \S+: apply by .*, on h1, h2; it did not get to its end/);
    expect(resumed.stderr).toMatch(/\d of 3 operations done, \d in doubt/);
    expect(await colours()).toEqual(['blue']);
    await project.write('stack.yaml', stack('blue'));
    await converged();
    const again = await project.niyanta(['apply', '--resume', '--yes']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('Nothing was interrupted')]);
  });

  test('is taken back to what ran before', async () => {
    await updateKilled('blue', moment);
    const undone = await project.niyanta(['apply', '--undo', '--yes', '--json']);
    expect(undone.code, undone.stderr).toBe(0);
    expect(undone.jsonLines[0]).toMatchObject({type: 'found', action: 'apply', outcome: null});
    expect(undone.jsonLines.at(-1)).toMatchObject({type: 'undo-ended', outcome: 'undone', left: []});
    expect(await colours()).toEqual(['red']);
    await project.write('stack.yaml', stack('red'));
    await converged();
    const again = await project.niyanta(['apply', '--undo', '--yes']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('ended: undone')]);
  });
});

test('a plain apply says from what it goes on, once', async () => {
  await updateKilled('blue', about('operation-finished', 'container:h1:db'));
  expect(await apply()).toMatch(/the apply of \S+ at \S+ was interrupted after [01] of 3 operations; this one goes on/);
  expect(await apply()).not.toContain('interrupted');
  await converged();
});

test('what someone changed after an update was killed is told and left by undo', async () => {
  await project.write('stack.yaml', stack('red'));
  await apply();
  await updateKilled('blue', about('operation-finished', 'container:h1:db'));
  // Someone gives the new db another manifest.
  await lab().sh(
    'h1',
    'sed -i \'s/"COLOUR":"blue"/"COLOUR":"pink"/\' /var/lib/niyanta/containers/shop-default-db-1-*.json',
  );
  const undone = await project.niyanta(['apply', '--undo', '--yes']);
  expect(undone.code, undone.stderr).toBe(5);
  expect(undone.stdout).toMatch(/left: replace db 1 on h1: someone changed shop-default-db-1-\w+ since/);
  await apply();
  await converged();
});

test('an apply that got to its end is not undone but rolled back, and says so', async () => {
  await project.write('stack.yaml', stack('red'));
  await apply();
  await project.write('stack.yaml', stack('blue'));
  await apply();
  const refused = await project.niyanta(['apply', '--undo', '--yes']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('niyanta rollback');
});

test('a destroy that was killed is resumed to its end, or taken back', async () => {
  await project.write('stack.yaml', stack('red'));
  await apply();
  const first = start('destroy');
  await first.until(about('operation-finished', 'container:h2:web'));
  first.child.kill('SIGKILL');
  await first.ended;
  const undone = await project.niyanta(['apply', '--undo', '--yes']);
  expect(undone.code, undone.stderr).toBe(0);
  await converged();
  const second = start('destroy');
  await second.until(about('operation-finished', 'container:h2:web'));
  second.child.kill('SIGKILL');
  await second.ended;
  const resumed = await project.niyanta(['apply', '--resume', '--yes']);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect((await project.niyanta(['ps', '--json'])).json.replicas).toEqual([]);
  await apply();
  await converged();
});

test('a restart that was killed is told by the next apply, and is no apply to be resumed', async () => {
  const restart = start('restart');
  await restart.until(about('operation-finished', 'restart:'));
  restart.child.kill('SIGKILL');
  await restart.ended;
  const refused = await project.niyanta(['apply', '--resume', '--yes']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Run that again: niyanta restart')]);
  expect(await apply()).toContain('the restart of');
  await converged();
});

test.each(['db', 'web'])(
  'the scripts on the hosts killed while %s is replaced: the next apply converges',
  async service => {
    await project.write('stack.yaml', stack('red'));
    await apply();
    await project.write('stack.yaml', stack('blue'));
    const update = start('apply');
    await update.until(about('operation-started', `container:h${service === 'db' ? 1 : 2}:${service}`));
    await Promise.all(hosts.map(host => lab().exec(host, ['pkill', '-9', '-x', 'sh'])));
    // Tried again where it helps, rolled back where it does not; either way it is over, and says how.
    expect([0, 1, 5, 6, 7]).toContain(await update.ended);
    expect(update.events.at(-1)).toMatchObject({type: 'result'});
    await apply();
    await converged();
  },
);

test('a host that loses its power in the middle: told truly, and put in order by the next apply', async () => {
  await project.write('stack.yaml', stack('green'));
  const update = start('apply');
  await update.until(about('operation-started', 'container:h2:web-1'));
  await lab().kill('h2');
  expect([1, 5, 7]).toContain(await update.ended);
  await lab().reboot('h2');
  await apply();
  expect(await colours()).toEqual(['green']);
  await converged();
});

describe('on a disk that fills up here', () => {
  let folder: string;
  let small: TestProject;
  beforeEach(async () => {
    folder = join(lab().scratch, 'small');
    await mkdir(folder, {recursive: true});
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'niyanta-test', folder]);
    small = await lab().project(stack('red'), {'one.tar': image}, `state: file:${folder}/niyanta.lock.json\n`);
  });
  afterEach(async () => {
    await rm(join(folder, 'ballast'), {force: true});
    const done = await small.niyanta(['destroy', '--yes', '--volumes']);
    execFileSync('umount', [folder]);
    expect(done.code, done.stderr).toBe(0);
  });
  const inEnvironment = (...words: string[]) => [...words, '--env', 'full'];

  test('nothing is begun that cannot be written down; what was done is told; the next apply converges', async () => {
    await small.write('stack.yaml', `${stack('red')}environments: {full: {}}\n`);
    const first = new RunningApply(small.start(inEnvironment('apply', '--yes', '--json')));
    await first.until(about('operation-finished', 'container:h1:db'));
    await writeFile(join(folder, 'ballast'), Buffer.alloc(2_000_000)).catch(() => undefined);
    const code = await first.ended;
    const told = JSON.stringify(first.events);
    const left = await lab().sh('h1', 'ls /var/lib/niyanta/containers | grep -c -- "-full-.*json" || :');
    expect(told).toMatch(/the disk is full/);
    // A first deploy that cannot be gone on with is taken back. Where the rest of its journal still found room in the
    // last page of its file, all was done, and only the state could not be written.
    const applied = told.includes('state-not-written') && told.includes('ended: applied');
    expect([code, left.trim()], told).toEqual(applied ? [5, '1'] : [1, '0']);
    const refused = await small.niyanta(inEnvironment('apply', '--yes'));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('disk is full')]);
    await rm(join(folder, 'ballast'));
    const again = await small.niyanta(inEnvironment('apply', '--yes'));
    expect(again.code, again.stderr).toBe(0);
    expect((await small.niyanta(inEnvironment('plan', '--json'))).json.operations).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['.niyanta', 'niyanta.lock.json']);
  });
});
