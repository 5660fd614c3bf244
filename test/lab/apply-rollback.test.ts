import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const page = (text: string) => busyboxArchive({files: {'/www/index.html': `${text}\n`}});

const stack = (colour: string, replicas: number) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: ${replicas}
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 0s}
  keeper: {archive: ./web.tar, volumes: ["data:/data"], stop: {grace: 0s}}
volumes: {data: {}}
`;

let project: TestProject;
const serials: number[] = [];

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

/** What each replica of web serves and has in its environment. */
async function served(): Promise<string[]> {
  const ids = (await runningOn(lab(), 'h1')).filter(id => id.includes('-web-'));
  const text = 'echo $(cat /www/index.html) $COLOUR';
  return Promise.all(
    ids.map(async id => (await lab().sh('h1', `ctr -n niyanta t exec --exec-id x${id} ${id} sh -c '${text}'`)).trim()),
  );
}

const lastSerial = async (): Promise<number> => (await ok('history', '--json')).json.history.at(-1).serial;

beforeAll(async () => {
  project = await lab().project(stack('red', 1), {'web.tar': await page('one')});
  await ok('apply', '--yes');
  serials.push(await lastSerial());
  const [keeper = ''] = (await runningOn(lab(), 'h1')).filter(id => id.includes('-keeper-'));
  await lab().sh('h1', `ctr -n niyanta t exec --exec-id w ${keeper} sh -c 'echo kept >/data/note'`);
  await project.write('stack.yaml', stack('green', 2));
  await project.write('web.tar', await page('two'));
  await ok('apply', '--yes');
  serials.push(await lastSerial());
  await project.write('stack.yaml', stack('blue', 3));
  await project.write('web.tar', await page('three'));
  await ok('apply', '--yes');
  serials.push(await lastSerial());
  expect(await served()).toEqual(['three blue', 'three blue', 'three blue']);
});

describe('rollback', () => {
  test('brings back image, environment and replicas of what ran before, whatever the files say now', async () => {
    await ok('rollback', '--yes');
    expect(await served()).toEqual(['two green', 'two green']);
  });

  test('--to a serial works when the archive file is gone', async () => {
    await rm(join(project.directory, 'web.tar'));
    await ok('rollback', '--yes', '--to', String(serials[0]));
    expect(await served()).toEqual(['one red']);
    await project.write('web.tar', await page('three'));
  });

  test('to a serial that is not there names those that are', async () => {
    const wrong = await project.niyanta(['rollback', '--yes', '--to', '999']);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('999');
    expect(wrong.stderr).toContain(String(serials[1]));
  });

  test('with nothing on any host or here that has the image is refused before anything changes', async () => {
    const before = await hostListing(lab(), ['h1']);
    await lab().sh('h1', "ctr -n niyanta images ls -q | grep -v '^sha256' | xargs ctr -n niyanta images rm");
    const gone = await project.niyanta(['rollback', '--yes', '--to', String(serials[1])]);
    expect(gone.code, gone.stderr).toBe(1);
    expect(gone.stderr).toContain('archive:web.tar');
    expect(await runningOn(lab(), 'h1')).toHaveLength(2);
    expect((await hostListing(lab(), ['h1'])).h1!.split('== files')[1]).toBe(before.h1!.split('== files')[1]);
  });

  test('an apply afterwards brings the files back', async () => {
    await ok('apply', '--yes');
    expect(await served()).toEqual(['three blue', 'three blue', 'three blue']);
  });

  test('history lists who did what, when, and how it ended', async () => {
    const {history} = (await ok('history', '--json')).json;
    expect(history.map(({action, outcome}: Record<string, string>) => `${action} ${outcome}`)).toEqual([
      'apply applied',
      'apply applied',
      'apply applied',
      'rollback applied',
      'rollback applied',
      'apply applied',
    ]);
    for (const entry of history) {
      expect(entry).toMatchObject({who: expect.stringMatching(/.@./), summary: expect.stringMatching(/\d/)});
      expect(Date.parse(entry.at)).toBeGreaterThan(Date.parse('2020-01-01'));
    }
    const text = (await ok('history')).stdout;
    expect(text).toContain('rollback');
    expect(text).toContain(history[0].who);
  });
});

describe('destroy', () => {
  const inVolume = () => lab().sh('h1', 'cat /var/lib/niyanta/volumes/*/data/note 2>/dev/null || echo gone');

  test('removes containers and networks, keeps volumes, and says so', async () => {
    const asked = await project.niyanta(['destroy']);
    expect(asked.code).toBe(3);
    expect(asked.stderr).toContain('volumes are kept');
    await ok('destroy', '--yes');
    expect(await containersOn(lab(), 'h1')).toEqual([]);
    const left = await lab().sh(
      'h1',
      'ls /run/netns; ls /var/lib/niyanta/networks /var/lib/niyanta/hosts; ip -br link',
    );
    expect(left).not.toMatch(/shop-|ny[0-9a-f]{8}/);
    expect(await inVolume()).toBe('kept\n');
    const again = await ok('destroy');
    expect(again.stdout).toContain('Nothing to change');
  });

  test('can be followed by a rollback, which brings back what ran, data included', async () => {
    await ok('rollback', '--yes');
    expect(await served()).toEqual(['three blue', 'three blue', 'three blue']);
    expect(await inVolume()).toBe('kept\n');
    await ok('destroy', '--yes');
  });

  test('can be followed by an apply, which finds the data', async () => {
    await ok('apply', '--yes');
    const [keeper = ''] = (await runningOn(lab(), 'h1')).filter(id => id.includes('-keeper-'));
    expect(await lab().sh('h1', `ctr -n niyanta t exec --exec-id r ${keeper} cat /data/note`)).toBe('kept\n');
  });

  test('with --volumes says first that data goes, and removes it', async () => {
    const asked = await project.niyanta(['destroy', '--volumes']);
    expect(asked.code).toBe(3);
    expect(asked.stderr).toMatch(/volume data/);
    expect(asked.stderr).toContain('deletes its data');
    expect(await inVolume()).toBe('kept\n');
    await ok('destroy', '--yes', '--volumes');
    expect(await inVolume()).toBe('gone\n');
    await ok('apply', '--yes');
    expect(await inVolume()).toBe('gone\n');
    await ok('destroy', '--yes', '--volumes');
  });

  test('frees the environment for another stack', async () => {
    await ok('apply', '--yes');
    await project.write('stack.yaml', stack('red', 1).replace('name: shop', 'name: store'));
    const refused = await project.niyanta(['apply', '--yes']);
    expect(refused.stderr).toContain('runs stack shop');
    await ok('destroy', '--yes');
    await ok('apply', '--yes');
    expect((await runningOn(lab(), 'h1')).every(id => id.startsWith('store-'))).toBe(true);
  });
});
