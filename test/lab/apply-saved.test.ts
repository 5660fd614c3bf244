import {readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();
const other = await busyboxArchive({files: {'/www/index.html': 'other\n'}});

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db: {archive: ./one.tar, env: {COLOUR: ${colour}}, placement: {require: {host: h1}}, stop: {grace: 0s}}
  web: {archive: ./one.tar, needs: [db], env: {COLOUR: ${colour}}, stop: {grace: 0s}}
  far: {archive: ./one.tar, env: {COLOUR: ${colour}}, placement: {require: {host: h2}}, stop: {grace: 0s}}
`;

let project: TestProject;
beforeEach(async () => {
  project = await lab().project(stack('red'), {'one.tar': image}, 'hosts: {h2: {connectTimeout: 2s}}\n');
});
afterEach(async () => {
  const done = await project.niyanta(['destroy', '--yes']);
  expect(done.code, done.stderr).toBe(0);
});

async function run(...words: string[]) {
  const done = await project.niyanta(words);
  return Object.assign(done, {all: `${done.stdout}${done.stderr}`});
}

async function ok(...words: string[]) {
  const done = await run(...words);
  expect(done.code, done.all).toBe(0);
  return done;
}

describe('a saved plan', () => {
  test('is applied as it was looked at, and only once', async () => {
    await ok('plan', '-o', 'p.json');
    const file = join(project.directory, 'p.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await ok('apply', 'p.json', '--yes');
    expect(await runningOn(lab(), 'h1')).toHaveLength(2);
    const again = await run('apply', 'p.json', '--yes');
    expect(again.code, again.all).toBe(8);
    expect(again.stderr).toContain('niyanta plan -o');
  });

  test('is stale after a change by someone else, to the files or on a host', async () => {
    await ok('apply', '--yes');
    await project.write('stack.yaml', stack('blue'));
    await ok('plan', '-o', 'p.json');
    await project.write('stack.yaml', stack('green'));
    const edited = await run('apply', 'p.json', '--yes');
    expect(edited.code, edited.all).toBe(8);
    await project.write('stack.yaml', stack('blue'));
    const [far = ''] = await containersOn(lab(), 'h2');
    await lab().sh('h2', `ctr -n niyanta tasks rm -f ${far}; ctr -n niyanta containers rm ${far}`);
    const before = await hostListing(lab(), ['h1', 'h2']);
    const drifted = await run('apply', 'p.json', '--yes', '--json');
    expect(drifted.code).toBe(8);
    expect(drifted.json.error).toMatchObject({code: 'stale-plan', hint: expect.any(String)});
    expect(await hostListing(lab(), ['h1', 'h2'])).toEqual(before);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2), 'not JSON'],
    ['edited', (text: string) => text.replaceAll('red', 'mauve'), 'changed after it was saved'],
    ['of another kind', () => '{"version": 1}', 'not a plan file'],
    ['empty', () => '', 'not JSON'],
  ])('that is %s is refused, and nothing changes', async (_, spoil, why) => {
    await ok('plan', '-o', 'p.json');
    await project.write('p.json', spoil(await readFile(join(project.directory, 'p.json'), 'utf8')));
    const refused = await run('apply', 'p.json', '--yes');
    expect(refused.code, refused.all).toBe(64);
    expect(refused.stderr).toContain('p.json');
    expect(refused.stderr).toContain(why);
    expect(await containersOn(lab(), 'h1')).toEqual([]);
  });

  test('that is not there, or cannot be written, is told as such', async () => {
    expect((await run('apply', 'nowhere.json', '--yes')).stderr).toContain('there is no such file');
    const unwritable = await run('plan', '-o', 'no/such/folder/p.json');
    expect(unwritable.code, unwritable.all).toBe(1);
    expect(unwritable.stderr).toContain('no/such/folder/p.json');
  });
});

describe('--locked', () => {
  test('refuses an image that the lock file does not have, and one that moved', async () => {
    const unpinned = await run('apply', '--yes', '--locked');
    expect(unpinned.code, unpinned.all).toBe(1);
    expect(unpinned.stderr).toMatch(/archive:one\.tar .*is not in the lock file/);
    await ok('apply', '--yes');
    await ok('apply', '--locked');
    await project.write('one.tar', other);
    const moved = await run('plan', '--locked', '--json');
    expect(moved.code).toBe(1);
    expect(moved.json.error.code).toBe('image-moved');
    expect(moved.json.error.message).toMatch(/sha256:[0-9a-f]{64}/);
    await project.write('one.tar', image);
  });
});

describe('--target', () => {
  test('changes only that service, and what it needs that is missing', async () => {
    await ok('apply', '--yes', '--target', 'web');
    const running = await Promise.all(['h1', 'h2'].map(host => runningOn(lab(), host)));
    expect(
      running
        .flat()
        .map(id => id.split('-')[2])
        .sort(),
    ).toEqual(['db', 'web']);
    await project.write('stack.yaml', stack('blue'));
    const plan = await ok('plan', '--target', 'far', '--json');
    const services = plan.json.operations.flatMap(({service}: {service?: string}) => service ?? []);
    expect(new Set(services)).toEqual(new Set(['far']));
    const wrong = await run('plan', '--target', 'wbe');
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('Did you mean "web"?');
  });
});

describe('a host that does not answer', () => {
  afterEach(async () => {
    await lab().reboot('h2');
  });

  test('ends plan and apply within its time, by name; --allow-unreachable leaves it out', async () => {
    await ok('apply', '--yes');
    await project.write('stack.yaml', stack('blue'));
    await lab().kill('h2');
    const refused = await run('apply', '--yes');
    expect(refused.code, refused.all).toBe(1);
    expect(refused.stderr).toMatch(/h2.*cannot connect/);
    expect(refused.stderr).toContain('--allow-unreachable');
    const went = await ok('apply', '--yes', '--allow-unreachable');
    expect(went.stderr).toContain('h2 is unreachable');
    expect(await runningOn(lab(), 'h1')).toHaveLength(2);
    const plan = await ok('plan', '--allow-unreachable', '--json');
    expect(plan.json.operations).toEqual([]);
    await lab().reboot('h2');
    await ok('apply', '--yes');
    expect(await runningOn(lab(), 'h2')).toHaveLength(1);
  });
});
