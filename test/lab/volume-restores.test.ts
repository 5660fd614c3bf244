import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import type {CliResult} from './harness/niyanta-cli.ts';

const lab = sharedLab();
const volume = '/var/lib/niyanta/volumes/test.notes.default/data';

let project: TestProject;

/** Healthy as long as there is a file `good`. */
const writeStack = (backup: string): Promise<void> =>
  project.write(
    'stack.yaml',
    `apiVersion: niyanta/v1
kind: Stack
name: notes
services:
  notes:
    archive: ./busybox.tar
    command: [sh, -c, "touch /data/good; trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
    volumes: ["data:/data"]
    health: {exec: [test, -f, /data/good, -a, '!', -f, /data/bad], interval: 200ms, retries: 2, startPeriod: 400ms}
    stop: {grace: 1s}
volumes:
  data: {backup: {encrypt: none, to: ./backups, keep: 2, ${backup}}}
`,
  );

async function good(...args: string[]): Promise<CliResult> {
  const result = await project.niyanta(args);
  expect(result.code, `${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
  return result;
}

const onHost = async (text: string): Promise<string> => (await lab().sh('h1', `cd ${volume}; ${text}`)).trim();

/** The newest line of history. */
const newest = async () => (await good('history', '--json')).json.history.at(-1);

/** When the container's process began: another one after each start. */
const began = () => lab().sh('h1', "stat -c %Y.%i /proc/$(ctr -n niyanta tasks ls | awk '/notes-default/ {print $2}')");

beforeAll(async () => {
  project = await lab().project('', {'busybox.tar': await busyboxArchive()});
  await writeStack('before: stop');
  await good('apply', '--yes');
});

test('stopped for its backup, a service runs again, and owners, modes, links and empty folders come back', async () => {
  await onHost(
    'mkdir -p a/empty; echo one >a/note; chmod 640 a/note; chown 12:34 a/note; ln -s a/note link; chmod 1777 a/empty',
  );
  const before = await began();
  await good('volume', 'backup');
  expect(await began()).not.toBe(before);
  const state = "find . -printf '%p %M %U:%G %l\\n' | sort; cat link";
  const was = await onHost(state);
  await onHost('rm -r a link; echo two >other');
  const restored = (await good('volume', 'restore', 'data', '--yes', '--json')).json;
  expect(await onHost(state)).toBe(was);
  expect(await newest()).toMatchObject({
    action: 'volume-restore',
    outcome: 'applied',
    who: expect.stringContaining('@'),
    summary: `data on h1 from ${restored.backup.id}`,
  });
});

test('with data that makes it ill, the old data comes back and it runs with that', async () => {
  await onHost('touch bad');
  await writeStack('before: none');
  await good('volume', 'backup');
  await onHost('rm bad; echo mine >note');
  const refused = await project.niyanta(['volume', 'restore', 'data', '--yes', '--json']);
  expect(refused.code).toBe(1);
  expect(await onHost('ls; cat note')).toBe('a\ngood\nlink\nnote\nmine');
  expect((await good('ps', '--json')).json.replicas).toMatchObject([{state: 'running', health: 'healthy'}]);
  expect((await lab().sh('h1', 'ls -A /var/lib/niyanta/volumes')).trim()).toBe('test.notes.default');
  expect(await newest()).toMatchObject({action: 'volume-restore', outcome: 'rolled-back'});
});

test('what a killed restore leaves is told with its age, stays by the rule, and goes when the volume has data', async () => {
  const child = project.start(['volume', 'restore', 'data', '--yes'], {});
  const ended = new Promise(resolve => child.once('close', resolve));
  const aside = async () => (await lab().exec('h1', ['sh', '-c', 'ls /var/lib/niyanta/volumes/.aside/'])).stdout;
  await expect.poll(aside, {timeout: 40_000, interval: 30}).toContain('test.notes.default.data.old-');
  child.kill('SIGKILL');
  await ended;
  const plan = async () => (await good('gc', '--dry-run', '--older-than', '0s', '--json')).json;
  // The data that was brought is ill: what was before lies aside, and is worth keeping for a while.
  expect(await plan()).toMatchObject({
    remove: [],
    kept: [
      {
        what: expect.stringContaining('data that was replaced in volume test.notes.default/data'),
        bytes: expect.any(Number),
      },
    ],
  });
  await onHost('rm bad; echo mine >note');
  await good('apply', '--yes');
  const config = await readFile(join(project.directory, 'niyanta.yaml'), 'utf8');
  await project.write('niyanta.yaml', `${config}volumes: {keepAside: 0s}\n`);
  const found = await plan();
  expect(found.remove).toMatchObject([
    {kind: 'aside', reason: 'the volume has other data since', ageMs: expect.any(Number)},
  ]);
  // With the volume out of the way, it is the only copy.
  await lab().sh('h1', `mv ${volume} ${volume}-away; mkdir ${volume}`);
  expect((await plan()).remove).toEqual([]);
  await lab().sh('h1', `rmdir ${volume}; mv ${volume}-away ${volume}`);
  await good('gc', '--yes', '--older-than', '0s');
  expect(await onHost('ls -A ..; cat note; ls -A ../..')).toBe('data\nmine\ntest.notes.default');
  await project.write('niyanta.yaml', config);
});

test('a program prints the backup, another reads it; one that fails makes none', async () => {
  await writeStack(
    "before: {dump: [cat, /data/note], load: [sh, -c, 'cat >/data/loaded']}, verify: {exec: [cat, /data/loaded]}",
  );
  const [made] = (await good('volume', 'backup', '--json')).json.backups;
  expect(made.backup).toMatchObject({kind: 'stream', bytes: 5, verified: {ok: true, detail: 'mine'}});
  await good('volume', 'restore', 'data', '--yes');
  expect(await onHost('cat loaded')).toBe('mine');
  await writeStack("before: {dump: [sh, -c, 'echo half; exit 3'], load: [cat]}");
  const failed = await project.niyanta(['volume', 'backup', '--json']);
  expect([failed.code, failed.json.backups[0].error.code]).toEqual([1, 'command-failed']);
  expect((await good('volume', 'ls', '--backups', '--json')).json.backups[0].id).toBe(made.backup.id);
});

test('only what is due is done, once; older ones than are to be kept are gone', async () => {
  await writeStack('before: {exec: [touch, /data/asked]}, schedule: "0 3 1 1 *"');
  expect((await good('volume', 'backup', '--due')).stdout).toContain('Nothing is due');
  await writeStack('before: {exec: [touch, /data/asked]}, schedule: "* * * * *"');
  await good('volume', 'backup');
  expect(await onHost('ls asked')).toBe('asked');
  const folder = join(project.directory, 'backups/test/notes/default/data');
  expect((await readdir(folder)).filter(name => name.endsWith('.backup'))).toHaveLength(2);
});

test('a backup that fails its trial is told by each run, and made anew before its schedule', async () => {
  const stack = (check: string) => writeStack(`before: none, schedule: "0 3 1 1 *", verify: {exec: [${check}]}`);
  const due = () => project.niyanta(['volume', 'backup', '--due', '--json']);
  await stack('test, -f, /data/absent');
  expect((await project.niyanta(['volume', 'backup'])).code).toBe(1);
  const told = await due();
  expect([told.code, told.json.backups]).toMatchObject([
    1,
    [{outcome: 'failed', error: {code: 'backup-verify-failed', hint: expect.stringContaining('It is made anew from')}}],
  ]);
  const [row] = (await good('volume', 'ls', '--json')).json.volumes;
  expect(Date.parse(row.due)).toBeLessThan(Date.now() + 24 * 3_600_000);

  // As if the trial had failed a day ago, and its cause was gone.
  await stack('test, -f, /data/good');
  const {id} = told.json.backups[0].backup;
  const file = join(project.directory, 'backups/test/notes/default/data', `${id}.json`);
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const at = new Date(Date.now() - 24 * 3_600_000).toISOString();
  await writeFile(file, JSON.stringify({...manifest, verified: {...manifest.verified, at}}));
  const made = await due();
  expect([made.code, made.json.backups]).toMatchObject([0, [{outcome: 'done', backup: {verified: {ok: true}}}]]);
  expect(made.json.backups[0].removed).toContain(id);
  expect((await good('volume', 'backup', '--due')).stdout).toContain('Nothing is due');
});
