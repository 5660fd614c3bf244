import {execFileSync} from 'node:child_process';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parse} from 'yaml';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {watchProcesses} from './harness/watch-processes.ts';

const lab = sharedLab({hosts: 1});
const password = 'planted-5ecret-file-8812';
const key = '-----BEGIN KEY-----\nfirst-line-of-a-key-4417\nsecond-line-of-a-key-4417\n-----END KEY-----\n';
const binary = Buffer.from([0, 255, 254, 10, 13, 0, 128, 39, 34, 92]);

const stack = (extra = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    command: [sh, -c, "sleep 1000; :"]
    secrets: [{name: db_password, user: "1000"}, {name: tls_key, target: /etc/tls/key, mode: "0440", user: "0:1000"}]
    stop: {grace: 0s}
  blob:
    archive: ./one.tar
    secrets: [keystore]
    readOnly: true
    stop: {grace: 0s}
  other: {archive: ./one.tar, stop: {grace: 0s}}
${extra}`;

let project: TestProject;
let watch: ReturnType<typeof watchProcesses>;
const said: string[] = [];

async function run(words: readonly string[], input?: string | Buffer) {
  const done = await project.niyanta(words, input === undefined ? {} : {input});
  said.push(`${words.join(' ')}:\n${done.stdout}${done.stderr}`);
  return done;
}

async function ok(...words: string[]) {
  const done = await run(words);
  expect(done.code, said.at(-1)).toBe(0);
  return done;
}

const container = async (service: string): Promise<string> => {
  const found = (await containersOn(lab(), 'h1')).filter(id => id.includes(`-${service}-`));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const inside = async (service: string, command: string): Promise<string> => {
  const id = await container(service);
  const pid = `$(ctr -n niyanta t ls | awk '$1 == "${id}" {print $2}')`;
  return lab().sh('h1', `nsenter -t ${pid} -m -p -r sh -c '${command}'`);
};

beforeAll(async () => {
  project = await lab().project(stack(), {'one.tar': await busyboxArchive()});
  expect((await project.niyanta(['secret', 'init'])).code).toBe(0);
  for (const [name, input] of Object.entries({db_password: password, tls_key: key})) {
    expect((await project.niyanta(['secret', 'set', name], {input})).code).toBe(0);
  }
  await project.write('keystore.bin', binary);
  const set = await project.niyanta(['secret', 'set', 'keystore', '--file', 'keystore.bin']);
  expect(set.code, set.stderr).toBe(0);
  watch = watchProcesses([password, 'first-line-of-a-key-4417'], text => text.includes('shop-default-'));
});
afterAll(() => watch.end());

test('secrets arrive as files with their owner and mode, text and bytes alike, on tmpfs', async () => {
  await ok('plan');
  await ok('plan', '--commands', '--json');
  await ok('apply', '--yes', '--json');
  expect(await inside('web', 'cat /run/secrets/db_password')).toBe(password);
  // One line break at its end is not part of what is typed or piped.
  expect(await inside('web', 'cat /etc/tls/key')).toBe(key.slice(0, -1));
  expect(await inside('web', 'stat -c "%a %u %g" /run/secrets/db_password /etc/tls/key')).toBe(
    '400 1000 1000\n440 0 1000\n',
  );
  expect(await inside('web', 'echo x >>/run/secrets/db_password || echo refused')).toContain('refused');
  expect(await inside('blob', 'base64 /run/secrets/keystore')).toBe(`${binary.toString('base64')}\n`);
  expect(await inside('other', 'ls /run/secrets 2>&1 || :')).toContain('No such file');
  expect(await inside('web', 'grep " /run/secrets/db_password " /proc/mounts')).toMatch(/^tmpfs .*\bro\b/);
  const modes = await lab().sh('h1', 'stat -c "%a %n" /run/niyanta/secrets /var/lib/niyanta/secrets');
  expect(modes).toBe('700 /run/niyanta/secrets\n700 /var/lib/niyanta/secrets\n');
});

test('age itself reads an entry with the key that was made, and niyanta with one that age-keygen made', async () => {
  const entry = parse(await readFile(join(project.directory, 'niyanta.secrets.yaml'), 'utf8')).values.db_password;
  const key = join(project.home, '.config/niyanta/age.key');
  const plain = execFileSync('age', ['--decrypt', '--identity', key], {input: entry}).toString();
  expect(plain).toBe(`niyanta secret db_password\n${password}`);
  const made = execFileSync('age-keygen', {stdio: ['ignore', 'pipe', 'ignore']}).toString();
  const recipient = /public key: (\S+)/.exec(made)![1]!;
  expect((await ok('secret', 'recipients', 'add', recipient)).stdout).toContain('(you)');
  const env = {NIYANTA_AGE_IDENTITY: made};
  const read = await project.niyanta(['secret', 'get', 'keystore', '--json'], {env});
  expect(read.json).toEqual({name: 'keystore', value: binary.toString('base64'), encoding: 'base64'});
  expect((await ok('plan', '--json')).json.operations).toEqual([]);
});

test('one that changed restarts its consumers alone', async () => {
  const before = await containersOn(lab(), 'h1');
  const rotated = await ok('secret', 'rotate', 'db_password', '--json');
  expect(rotated.json).toMatchObject({name: 'db_password', services: [{environment: 'default', service: 'web'}]});
  const {json} = await ok('plan', '--json');
  const replaced = json.operations.filter(({kind}: {kind: string}) => kind === 'container');
  expect(replaced).toMatchObject([{service: 'web', action: 'replace', changes: [{path: 'secrets.db_password'}]}]);
  expect((await ok('plan')).stdout).toContain('db_password');
  await ok('apply', '--yes');
  const after = await containersOn(lab(), 'h1');
  expect(after.filter(id => !before.includes(id))).toEqual([await container('web')]);
  expect(await inside('web', 'cat /run/secrets/db_password')).not.toBe(password);
  const folders = await lab().sh('h1', 'ls /run/niyanta/secrets /var/lib/niyanta/secrets');
  for (const id of before.filter(old => !after.includes(old))) expect(folders).not.toContain(id);
  await watch.end();
});

test('a secret removed while in use: refused by name, missing in a plan that changes nothing, while all goes on', async () => {
  const refused = await run(['secret', 'rm', 'db_password']);
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain('web');
  await ok('secret', 'rm', 'db_password', '--force');
  const running = await runningOn(lab(), 'h1');
  const failed = await run(['apply', '--yes']);
  expect(failed.code).toBe(64);
  expect(failed.stderr).toMatch(/db_password has no value \(used by web\)/);
  expect(await runningOn(lab(), 'h1')).toEqual(running);
  // It is killed, and containerd starts it again: with its secret, which nobody has to know any more.
  const id = await container('web');
  await lab().sh('h1', `ctr -n niyanta t kill -s KILL ${id}`);
  await expect
    .poll(() => inside('web', 'cat /run/secrets/db_password | wc -c').catch(() => ''), {timeout: 40_000, interval: 500})
    .toBe('32\n');
});

test('after a reboot containers come back with their secrets, without an apply', async () => {
  await lab().reboot('h1');
  await expect
    .poll(() => inside('blob', 'base64 /run/secrets/keystore').catch(() => ''), {timeout: 60_000, interval: 500})
    .toBe(`${binary.toString('base64')}\n`);
  expect(await inside('web', 'stat -c "%a %u %g" /run/secrets/db_password /etc/tls/key')).toBe(
    '400 1000 1000\n440 0 1000\n',
  );
});

test('secret files that somebody removed are noticed, and made anew', async () => {
  expect((await project.niyanta(['secret', 'set', 'db_password'], {input: password})).code).toBe(0);
  await ok('apply', '--yes');
  const id = await container('blob');
  await lab().sh('h1', `rm -rf /run/niyanta/secrets/${id} /var/lib/niyanta/secrets/${id}`);
  const {json} = await ok('plan', '--json');
  expect(json.drift).toMatchObject([{service: 'blob', what: 'secret files removed'}]);
  await ok('apply', '--yes');
  expect(await inside('blob', 'base64 /run/secrets/keystore')).toBe(`${binary.toString('base64')}\n`);
  await lab().sh(
    'h1',
    'mkdir -p /run/niyanta/secrets/shop-default-old-1-aaaaaa /var/lib/niyanta/secrets/shop-default-old-1-aaaaaa.new',
  );
  expect((await ok('plan', '--json')).json.operations).toMatchObject([{kind: 'sweep'}]);
  await ok('apply', '--yes');
  const folders = await lab().sh('h1', 'ls /run/niyanta/secrets /var/lib/niyanta/secrets');
  expect(folders).not.toContain('aaaaaa');
});

test('nothing of it is seen anywhere else: not in processes, output, state, journal, labels or on disk in a file of another', async () => {
  await watch.end();
  expect(watch.rounds()).toBeGreaterThan(5);
  expect(watch.seen()).toEqual([]);
  const forms = [
    password,
    Buffer.from(password).toString('base64'),
    'first-line-of-a-key-4417',
    binary.toString('base64'),
  ];
  for (const text of said) for (const form of forms) expect(text).not.toContain(form);
  const here = await readdir(project.directory, {recursive: true, withFileTypes: true});
  const files = here.filter(file => file.isFile() && file.name !== 'keystore.bin');
  expect(files.map(({name}) => name)).toEqual(expect.arrayContaining(['niyanta.lock.json', 'niyanta.secrets.yaml']));
  for (const file of files) {
    const content = await readFile(join(file.parentPath, file.name), 'latin1');
    for (const form of forms) expect(content.includes(form), file.name).toBe(false);
  }
  const patterns = forms.map(form => `-e '${form}'`).join(' ');
  const onHost = await lab().sh(
    'h1',
    `grep -rlsF ${patterns} /var/lib/niyanta /usr/local/lib/niyanta /run/niyanta /tmp /etc /root /var/log /dev/shm || :`,
  );
  for (const path of onHost.split('\n').filter(Boolean)) expect(path).toMatch(/^\/(var\/lib|run)\/niyanta\/secrets\//);
  const info = await lab().sh('h1', 'for c in $(ctr -n niyanta c ls -q); do ctr -n niyanta c info $c; done');
  for (const form of forms) expect(info).not.toContain(form);
  await ok('destroy', '--yes');
  expect(await lab().sh('h1', 'ls /run/niyanta/secrets /var/lib/niyanta/secrets')).not.toMatch(/shop-default/);
});
