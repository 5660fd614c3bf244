import {once} from 'node:events';
import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

// A member of a team and CI: two folders, one state on a host.
const lab = sharedLab({hosts: 2});
const place = '/srv/team/shop.lock.json';
const stack = (replicas: number, wait = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: ${replicas}
    command: [sh, -c, "${wait}httpd -f -p 8080 -h /"]
    health: {tcp: {port: 8080}, interval: 200ms, retries: 100}
    update: {maxSurge: 1}
    stop: {grace: 0s}
`;

let ann: TestProject;
let ci: TestProject;
async function ok(who: TestProject, ...words: string[]) {
  const done = await who.niyanta(words);
  expect(done.code, `${words.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
  return done;
}
const write = (text: string) => lab().exec('h1', ['tee', place], text);

beforeAll(async () => {
  const files = {'web.tar': await busyboxArchive({})};
  ann = await lab().project(stack(1), files, `state: ssh://h1${place}\n`);
  ci = await lab().project(stack(2), files, `state: ssh://h1${place}\n`);
  await ok(ann, 'apply', '--yes');
  await ann.write('stack.yaml', stack(2));
  await ok(ann, 'apply', '--yes');
});

describe('a state on a host', () => {
  test('is one and the same for everybody who has the project', async () => {
    expect((await ok(ci, 'plan', '--json')).json.operations).toEqual([]);
    const shown = await ok(ci, 'state', 'show', '--json');
    expect(shown.stdout).toBe((await ok(ann, 'state', 'show', '--json')).stdout);
    expect((await ok(ci, 'history', '--json')).json.history).toHaveLength(2);
    const config = await ok(ci, 'config', 'show', '--origin', '--json');
    expect(config.stdout).toContain(`ssh://h1${place}`);
    expect((await lab().sh('h1', `stat -c %a ${place}`)).trim()).toBe('644');
  });

  test('NIYANTA_STATE and --state lead elsewhere, and config show says so', async () => {
    const elsewhere = await ci.niyanta(['config', 'show', '--origin'], {
      env: {NIYANTA_STATE: 'postgres://ann:hunter2@db/x'},
    });
    expect(elsewhere.stdout).toMatch(/postgres:\/\/ann:\*\*\*@db\/x +NIYANTA_STATE/);
    expect(elsewhere.stdout).not.toContain('hunter2');
    const other = await ok(ci, 'state', 'show', '--json', '--state', 'ssh://h2/srv/none.json');
    expect(other.json).toMatchObject({serial: 0, environments: {}});
  });

  test('one who waits is told who holds it, how far that is, and goes on in turn', async () => {
    await ann.write('stack.yaml', stack(4, 'sleep 12; '));
    const applying = ann.start(['apply', '--yes']);
    const ended = once(applying, 'exit');
    await expect
      .poll(async () => (await ok(ci, 'lock', 'status', '--json')).json.holder, {timeout: 30_000})
      .toMatchObject({reason: 'apply', pid: applying.pid, progress: {total: expect.any(Number)}});
    await ci.write('stack.yaml', stack(4, 'sleep 12; '));
    const waited = await ok(ci, 'apply', '--yes', '--lock-wait', '2m');
    expect(waited.stderr).toMatch(/waiting for .* \(apply, since .*\d of \d.*\); in line: next/);
    expect((await ended)[0]).toBe(0);
    expect((await ok(ci, 'plan', '--json')).json.operations).toEqual([]);
  }, 180_000);

  test.each([
    ['cut off', (text: string) => text.slice(0, 300), 'lock-file-invalid'],
    ['empty', () => '', 'lock-file-invalid'],
    ['of a newer version', (text: string) => text.replace('"version": 1', '"version": 2'), 'lock-file-newer'],
    ['edited: a lower serial', (text: string) => text.replace(/"serial": \d+/, '"serial": 1'), 'lock-file-invalid'],
    [
      'edited: nonsense in a field',
      (text: string) => text.replace(/"stopped": \[\]/, '"stopped": 7'),
      'lock-file-invalid',
    ],
    [
      'in conflict',
      (text: string) => text.replace('"project"', '<<<<<<< ours\n  "x": 1,\n=======\n>>>>>>> theirs\n  "project"'),
      'lock-file-invalid',
    ],
  ])('that is %s is refused with what to do, and restored from its copies', async (_, spoil, code) => {
    const before = (await ok(ci, 'state', 'show', '--json')).json;
    const text = await lab().sh('h1', `cat ${place}`);
    await write(spoil(text));
    const refused = await ci.niyanta(['plan', '--json']);
    expect(refused.code).toBe(64);
    const {error} = refused.json;
    expect(error.code).toBe(code);
    await ok(ci, 'state', 'restore', '--yes');
    const after = (await ok(ci, 'state', 'show', '--json')).json;
    const {history} = after.environments.default;
    expect(history.length).toBeGreaterThan(0);
    expect(before.environments.default.history.slice(0, history.length)).toEqual(history);
  });

  test('is backed up to a file and restored from it, or from a copy by its serial', async () => {
    const backup = await ok(ci, 'state', 'backup', 'copy.json', '--json');
    const listed = (await ok(ci, 'state', 'restore', '--list', '--json')).json.backups;
    const {serial} = listed.at(-1);
    expect(serial).toBeLessThan(listed[0].serial);
    expect((await ok(ci, 'state', 'restore', '--serial', String(serial), '--yes', '--json')).json.was).toBe(serial);
    const restored = await ok(ci, 'state', 'restore', 'copy.json', '--yes', '--json');
    expect(restored.json).toMatchObject({was: backup.json.serial});
    expect((await ok(ann, 'plan', '--json')).json.operations).toEqual([]);
  });

  test('is made anew from the hosts when it is gone', async () => {
    await lab().sh('h1', 'rm -r /srv/team');
    await ok(ci, 'state', 'rebuild', '--yes');
    expect((await ok(ann, 'plan', '--json')).json.operations).toEqual([]);
  });

  test('on a host that is down is said to be out of reach, with what to do', async () => {
    const gone = await ann.niyanta(['state', 'show', '--json', '--state', 'ssh://root@127.0.0.1:9/x.json']);
    expect(gone.code).toBe(1);
    expect(gone.json.error).toMatchObject({code: 'state-unreachable', hint: expect.stringContaining('ssh 127.0.0.1')});
  });
});
