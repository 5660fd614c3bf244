import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const head = 'apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:\n';
const http = '[httpd, -f, -p, "8080", -h, /www]';
/** Answers, but not with what the check asks for. */
const wrong = '[httpd, -f, -p, "8080", -h, /tmp]';
const crash = '[sh, -c, "echo the disk of the moon is missing; exit 3"]';
const health = (path: string) =>
  `{http: {port: 8080, path: ${path}}, interval: 200ms, timeout: 500ms, retries: 2, startPeriod: 500ms}`;

interface Web {
  readonly command?: string;
  readonly path?: string;
  readonly ports?: string;
}

const stack = ({command = http, path = '/', ports = '[]'}: Web = {}) => `${head}  base:
    archive: ./one.tar
    stop: {grace: 200ms}
    env: {FOR: ${command === http && path === '/' ? 'good' : 'bad'}}
  web:
    archive: ./one.tar
    needs: [base]
    volumes: ["data:/data"]
    command: ${command}
    health: ${health(path)}
    ports: ${ports}
    stop: {grace: 200ms}
  other:
    archive: ./one.tar
    stop: {grace: 200ms}
volumes: {data: {}}
`;

let project: TestProject;
beforeAll(async () => {
  project = await lab().project(stack(), {'one.tar': await busyboxArchive()});
});

const write = (web?: Web) => project.write('stack.yaml', stack(web));
const outcomes = async () =>
  (await project.niyanta(['history', '--json'])).json.history.map(({outcome}: {outcome: string}) => outcome);

describe('a first deploy that fails', () => {
  afterEach(async () => {
    await project.niyanta(['destroy', '--yes', '--volumes']);
  });

  test('exits 1, shows the last log lines, and removes what it created, but no volume that has data', async () => {
    await write({command: crash.replace('echo', 'echo kept >/data/file; echo')});
    const failed = await project.niyanta(['apply', '--yes']);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toContain('the disk of the moon is missing');
    expect(failed.stderr).toContain('web 1 on h1');
    expect(await containersOn(lab(), 'h1')).toEqual([]);
    expect((await hostListing(lab(), ['h1'])).h1).not.toMatch(/shop-default-(web|base|other)/);
    expect((await lab().sh('h1', 'cat /var/lib/niyanta/volumes/*/data/file')).trim()).toBe('kept');
    expect(await outcomes()).toEqual(['failed']);
  });

  test('leaves what failed with --keep-failed, and the next apply goes on from there', async () => {
    await write({command: crash});
    const failed = await project.niyanta(['apply', '--yes', '--keep-failed']);
    expect(failed.code, failed.stderr).toBe(1);
    expect((await containersOn(lab(), 'h1')).filter(id => id.includes('-web-'))).toHaveLength(1);
    expect((await runningOn(lab(), 'h1')).filter(id => id.includes('-web-'))).toEqual([]);
    await write();
    const mended = await project.niyanta(['apply', '--yes']);
    expect(mended.code, mended.stderr).toBe(0);
    expect(await containersOn(lab(), 'h1')).toHaveLength(3);
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  });
});

describe('an update that fails', () => {
  beforeAll(async () => {
    await write();
    const done = await project.niyanta(['apply', '--yes']);
    expect(done.code, done.stderr).toBe(0);
  });

  test.each([
    ['exits at once', {command: crash}, 'the disk of the moon is missing'],
    ['never becomes healthy', {command: wrong}, '404'],
    ['has a new check that it never passes', {path: '/nowhere'}, '404'],
  ])(
    'because the new one %s is rolled back: exit 6, what ran before runs again, nothing new is left',
    async (_, web, shown) => {
      const before = await runningOn(lab(), 'h1');
      await write(web);
      const failed = await project.niyanta(['apply', '--yes']);
      expect(failed.code, failed.stderr).toBe(6);
      expect(failed.stderr).toContain(shown);
      expect(failed.stdout).toContain('what ran before runs again');
      expect(await runningOn(lab(), 'h1')).toEqual(before);
      expect(await containersOn(lab(), 'h1')).toEqual(before);
      expect((await outcomes()).at(-1)).toBe('rolled-back');
      await write();
      expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
    },
  );

  test('stops where it is with --on-failure stop, and does the rest with continue: exit 5', async () => {
    await write({command: crash});
    const stopped = await project.niyanta(['apply', '--yes', '--on-failure', 'stop', '--json']);
    expect(stopped.code).toBe(5);
    expect(stopped.jsonLines.at(-1)).toMatchObject({type: 'result', outcome: 'partly-applied'});
    const base = (await runningOn(lab(), 'h1')).filter(id => id.includes('-base-'));
    expect(base).toHaveLength(1);
    const again = await project.niyanta(['plan']);
    expect(again.stdout).not.toContain('base 1');
    expect(again.stdout).toContain('web 1');
    await project.write('stack.yaml', stack({command: crash}).replace('  other:\n', '  other:\n    env: {A: "1"}\n'));
    const went = await project.niyanta(['apply', '--yes', '--on-failure', 'continue', '--json']);
    expect(went.code).toBe(5);
    const {operations} = went.jsonLines.at(-1);
    const ends = Object.fromEntries(operations.map(({id, outcome}: Record<string, string>) => [id, outcome]));
    expect(ends).toMatchObject({'container:h1:web-1': 'failed', 'container:h1:other-1': 'done'});
    expect((await runningOn(lab(), 'h1')).filter(id => id.includes('-web-'))).toHaveLength(1);
    await write();
    expect((await project.niyanta(['apply', '--yes'])).code).toBe(0);
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  });

  test('and cannot be rolled back exits 7 and says what is left; the next apply mends it', async () => {
    const [old = ''] = (await runningOn(lab(), 'h1')).filter(id => id.includes('-web-'));
    await project.write('stack.yaml', stack({command: wrong}).replace('retries: 2', 'retries: 20'));
    const applying = project.niyanta(['apply', '--yes']);
    // Once the old one has stopped for its successor, someone removes it for good.
    await expect
      .poll(() => lab().sh('h1', `ctr -n niyanta tasks ls | awk '$1 == "${old}" {print $3}'`), {timeout: 20_000})
      .not.toBe('RUNNING\n');
    await lab().sh('h1', `ctr -n niyanta tasks rm -f ${old} 2>/dev/null || :; ctr -n niyanta containers rm ${old}`);
    const failed = await applying;
    expect(failed.code, failed.stderr).toBe(7);
    expect(failed.stdout).toContain('not taken back');
    expect((await outcomes()).at(-1)).toBe('rollback-failed');
    await write();
    const mended = await project.niyanta(['apply', '--yes']);
    expect(mended.code, mended.stderr).toBe(0);
    expect(await runningOn(lab(), 'h1')).toHaveLength(3);
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  });
});
