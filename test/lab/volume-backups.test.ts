import {open, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {generateIdentity, identityToRecipient} from 'age-encryption';
import {beforeAll, expect, test} from 'vitest';
import {quote, render} from '../../src/engine/hosts/command.ts';
import {readVolume} from '../../src/engine/runtime/backup/volume-scripts.ts';
import {inContainer} from './harness/in-container.ts';
import {postgresArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import type {CliResult} from './harness/niyanta-cli.ts';

const lab = sharedLab({hosts: 2});
const volumePath = '/var/lib/niyanta/volumes/test.shop.default/db-data';

let project: TestProject;
let identity: string;
let images: {15: string; 17: string};

/** PostgreSQL 15, backed up as told; in the environment `copy` it is 17. */
async function writeStack(backup: string, image: string = images[15]): Promise<void> {
  const recipient = await identityToRecipient(identity);
  await project.write(
    'stack.yaml',
    `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ${image}
    env: {POSTGRES_USER: app, POSTGRES_DB: app, POSTGRES_PASSWORD: "\${secret:password}"}
    volumes: ["db-data:/var/lib/postgresql/data"]
    health: {exec: [pg_isready, --quiet, --host=127.0.0.1], interval: 300ms, startPeriod: 30s}
    update: {strategy: recreate, maxSurge: 0, maxUnavailable: 1}
    stop: {signal: SIGINT, grace: 10s}
volumes:
  db-data: {backup: {encrypt: {recipients: [${recipient}], identity: "\${secret:identity}"}, ${backup}}}
environments:
  copy: {services: {db: {archive: ${images[17]}}}}
`,
  );
}

const niyanta = (...args: string[]): Promise<CliResult> =>
  project.niyanta(args, {env: {NIYANTA_SECRET_PASSWORD: 'not-so-secret', NIYANTA_SECRET_IDENTITY: identity}});

async function good(...args: string[]): Promise<CliResult> {
  const result = await niyanta(...args);
  expect(result.code, `${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
  return result;
}

/** Asks the database at its host's console. */
async function sql(query: string, {on = 'h1', environment = 'default'} = {}): Promise<string> {
  const id = (await lab().sh(on, `ctr -n niyanta tasks ls -q | grep shop-${environment}-db`)).trim();
  return (await lab().sh(on, inContainer(id, 'psql', '-U', 'app', '-Atqc', query))).trim();
}

const rows = (where?: Parameters<typeof sql>[1]) => sql('select count(*) from t', where);

/** Good backups, newest first. */
async function listed(): Promise<{id: string; kind: string; why: string; verified?: {ok: boolean; detail: string}}[]> {
  return (await good('volume', 'ls', '--backups', '--json')).json.backups;
}

const folder = (): string => join(project.directory, 'backups/test/shop/default/db-data');

/** Whether the container of `db` on h1 stands still: FROZEN or THAWED. */
const stateOnH1 = async (): Promise<string> =>
  (await lab().sh('h1', 'cat /sys/fs/cgroup/freezer/niyanta/shop-default-db-*/freezer.state')).trim();

beforeAll(async () => {
  images = {15: await postgresArchive(15), 17: await postgresArchive(17)};
  identity = await generateIdentity();
  project = await lab().project('');
  await writeStack('to: ./backups, before: pg_dump, verify: {query: "select count(*) from t"}');
  await good('apply', '--yes');
  await sql('create table t as select g as id, md5(g::text) as m from generate_series(1, 1000) g');
});

test('a dump is made, tried out in a throw-away container, listed, and brings lost rows back', async () => {
  const [made] = (await good('volume', 'backup', '--json')).json.backups;
  expect(made.backup).toMatchObject({
    kind: 'pg_dump',
    encryption: 'recipients',
    verified: {ok: true, detail: '1000 (PostgreSQL 15)'},
  });
  expect(await listed()).toMatchObject([{id: made.backup.id}]);
  await sql('delete from t where id > 10; create table later (n int)');
  await good('volume', 'restore', 'db-data', '--yes');
  expect(await rows()).toBe('1000');
  expect(await sql("select to_regclass('later') is null")).toBe('t');
  expect(
    await lab().sh('h1', 'ls -A /var/lib/niyanta/volumes; ctr -n niyanta containers ls -q | grep -c verify || :'),
  ).toBe('test.shop.default\n0\n');
});

test('another key restores nothing, and says so', async () => {
  const other = join(project.directory, 'other-key.txt');
  await writeFile(other, `# created: now\n${await generateIdentity()}\n`);
  const refused = await niyanta('volume', 'restore', 'db-data', '--yes', '--identity', other, '--json');
  expect([refused.code, refused.json.error.code]).toEqual([1, 'backup-key-wrong']);
  expect(await rows()).toBe('1000');
});

test('a place that fills up: no backup, nothing of it left, and the database goes on', async () => {
  await lab().sh('h2', 'mkdir -p /small && mount -t tmpfs -o size=1m tmpfs /small');
  await writeStack('to: "h2:/small", before: freeze');
  const full = await niyanta('volume', 'backup', '--json');
  expect(full.code).toBe(1);
  expect(full.json.backups).toMatchObject([{outcome: 'failed', error: {code: 'backup-target-full'}}]);
  expect(await listed()).toEqual([]);
  expect((await lab().sh('h2', 'find /small -type f')).trim()).toBe('');
  expect(await stateOnH1()).toBe('THAWED');
});

test('frozen files go to another host, and are a database that starts', async () => {
  await writeStack('to: "ssh://h2/backups", before: freeze');
  const [made] = (await good('volume', 'backup', '--json')).json.backups;
  expect(made.backup).toMatchObject({kind: 'files', postgres: {major: '15', folder: ''}});
  expect((await good('volume', 'verify', 'db-data')).stdout).toContain('is good: 1 tables (PostgreSQL 15)');
  await sql('delete from t');
  await good('volume', 'restore', 'db-data', '--yes');
  expect(await rows()).toBe('1000');
});

test('cut off in the middle by kill -9, half a backup is not listed and nothing stays frozen', async () => {
  await writeStack('to: ./backups, before: freeze');
  await lab().sh('h1', `head -c 60000000 /dev/urandom >${volumePath}/filler`);
  const before = await listed();
  const child = project.start(['volume', 'backup'], {env: {NIYANTA_SECRET_IDENTITY: identity}});
  const ended = new Promise(resolve => child.once('close', resolve));
  await expect
    .poll(async () => (await readdir(folder())).some(name => name.endsWith('.partial')), {timeout: 20_000})
    .toBe(true);
  child.kill('SIGKILL');
  await ended;
  expect((await readdir(folder())).some(name => name.endsWith('.partial'))).toBe(true);
  expect(await listed()).toEqual(before);
  await expect.poll(stateOnH1, {timeout: 20_000}).toBe('THAWED');
  await lab().sh('h1', `rm ${volumePath}/filler`);
  await good('volume', 'backup');
  expect((await readdir(folder())).filter(name => name.endsWith('.partial'))).toEqual([]);
  expect(await listed()).toHaveLength(before.length + 1);
});

test('a reader that went without a word does not keep a container frozen', async () => {
  const id = (await lab().sh('h1', 'ctr -n niyanta tasks ls -q')).trim();
  const command = render(readVolume(volumePath, [id])).replace(' 30 ', ' 1 ');
  // Nobody reads what tar prints, and nobody writes the line that says that someone is there.
  await lab().sh(
    'h1',
    `( sleep 20 | sh -c ${quote(command)} | { sleep 20; cat >/dev/null; } ) >/dev/null 2>&1 </dev/null &`,
  );
  await expect.poll(stateOnH1, {timeout: 5_000, interval: 50}).toBe('FROZEN');
  await expect.poll(stateOnH1, {timeout: 10_000}).toBe('THAWED');
});

test('a flipped bit in a stored backup is found by verify and by restore, which changes nothing', async () => {
  const [newest] = await listed();
  const path = join(folder(), `${newest!.id}.backup`);
  const file = await open(path, 'r+');
  const middle = Math.floor((await readFile(path)).length / 2);
  await file.write(Buffer.from([(await readFile(path))[middle]! ^ 4]), 0, 1, middle);
  await file.close();
  const restored = await niyanta('volume', 'restore', 'db-data', '--yes', '--json');
  expect([restored.code, restored.json.error.code]).toEqual([1, 'backup-corrupt']);
  expect(await rows()).toBe('1000');
  const verified = await niyanta('volume', 'verify', 'db-data', '--json');
  expect(verified.json.error.code).toBe('backup-corrupt');
  expect((await listed())[0]).toMatchObject({id: newest!.id, verified: {ok: false}});
});

test('before another PostgreSQL reads the data it is backed up; the one that cannot read it is taken back', async () => {
  await writeStack('to: ./backups, before: pg_dump', images[17]);
  const applied = await niyanta('apply', '--yes');
  expect(applied.stderr).toContain('back up volume db-data on h1');
  expect(applied.code, applied.stdout).toBe(6);
  expect((await listed())[0]).toMatchObject({kind: 'pg_dump', why: 'before-change'});
  expect(await rows()).toBe('1000');
});

test('a backup that fails stops the change before the service is touched', async () => {
  await project.write('backups-are-here', 'a file where a folder should be');
  await writeStack('to: ./backups-are-here, before: freeze', images[17]);
  const running = (await lab().sh('h1', 'ctr -n niyanta tasks ls')).trim();
  const applied = await niyanta('apply', '--yes');
  expect(applied.code).toBe(1);
  expect(applied.stderr + applied.stdout).toContain('backups-are-here');
  expect((await lab().sh('h1', 'ctr -n niyanta tasks ls')).trim()).toBe(running);
});

test('files of PostgreSQL 15 are refused by 17, with the reason; a dump goes into it', async () => {
  await writeStack('to: "ssh://h2/backups", before: freeze');
  await good('apply', '--yes', '--env', 'copy');
  const restore = ['volume', 'restore', 'db-data', '--env', 'copy', '--from', 'default', '--yes'];
  const refused = await niyanta(...restore, '--json');
  expect(refused.json.error).toMatchObject({
    code: 'postgres-version',
    message: expect.stringMatching(/files of PostgreSQL 15, and .* is PostgreSQL 17, which cannot read them/),
  });
  await writeStack('to: ./backups, before: pg_dump');
  expect((await good(...restore)).stdout).toContain('made by PostgreSQL 15, loaded into 17');
  expect(await rows({environment: 'copy'})).toBe('1000');
  await good('destroy', '--env', 'copy', '--volumes', '--no-backup', '--yes');
});

test('a move that is cut off leaves the old data good; done again it moves', async () => {
  await lab().sh('h1', `head -c 60000000 /dev/urandom >${volumePath}/filler`);
  const child = project.start(['volume', 'move', 'db-data', 'h2', '--yes'], {
    env: {NIYANTA_SECRET_PASSWORD: 'not-so-secret'},
  });
  const ended = new Promise(resolve => child.once('close', resolve));
  const copying = async () => (await lab().exec('h2', ['sh', '-c', 'ls /var/lib/niyanta/volumes/.aside/'])).stdout;
  await expect.poll(copying, {timeout: 40_000, interval: 50}).toContain('db-data.new');
  child.kill('SIGKILL');
  await ended;
  await good('apply', '--yes');
  expect((await good('ps', '--json')).json.replicas).toMatchObject([{service: 'db', host: 'h1', health: 'healthy'}]);
  expect(await rows()).toBe('1000');
  await good('volume', 'move', 'db-data', 'h2', '--yes');
  expect((await good('ps', '--json')).json.replicas).toMatchObject([{service: 'db', host: 'h2', health: 'healthy'}]);
  expect(await rows({on: 'h2'})).toBe('1000');
  expect((await good('history', '--json')).json.history.at(-1)).toMatchObject({
    action: 'volume-move',
    outcome: 'applied',
    summary: expect.stringMatching(/^db-data from h1 to h2: /),
  });
  expect((await lab().sh('h1', 'find /var/lib/niyanta/volumes -mindepth 2 -maxdepth 2 -path "*default*"')).trim()).toBe(
    '',
  );
});
