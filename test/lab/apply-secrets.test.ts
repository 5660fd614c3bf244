import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {busyboxArchive, containersOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {watchProcesses} from './harness/watch-processes.ts';

const lab = sharedLab({hosts: 1});
const secret = 'planted-5ecret-value-7731';
const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];

const stack = (command: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    env: {URL: "postgres://app:\${secret:token}@db/app", COLOUR: ${command.length}}
    command: [sh, -c, ${JSON.stringify(command)}]
    stop: {grace: 0s}
`;

let project: TestProject;
const said: string[] = [];
let watch: ReturnType<typeof watchProcesses>;

async function run(...words: string[]) {
  const done = await project.niyanta(words);
  said.push(`${words.join(' ')}:\n${done.stdout}${done.stderr}`);
  return done;
}

beforeAll(async () => {
  project = await lab().project(stack('sleep 1000'), {'one.tar': await busyboxArchive()});
  const set = await project.niyanta(['secret', 'set', 'token'], {input: secret});
  expect(set.code, set.stderr).toBe(0);
  watch = watchProcesses([secret], cgroup => cgroup.includes('shop-default-'));
});
afterAll(() => watch.end());

test('a secret reaches its container, and is seen nowhere else', async () => {
  for (const words of [
    ['plan'],
    ['plan', '--json'],
    ['plan', '--commands'],
    ['plan', '--format', 'markdown'],
    ['plan', '--format', 'github'],
    ['plan', '-o', 'p.json'],
  ]) {
    expect((await run(...words)).code).toBe(0);
  }
  expect((await run('apply', 'p.json', '--yes', '--json')).code).toBe(0);
  const [id = ''] = await containersOn(lab(), 'h1');
  const inside = await lab().sh('h1', `ctr -n niyanta t exec --exec-id e ${id} sh -c 'echo $URL'`);
  expect(inside).toBe(`postgres://app:${secret}@db/app\n`);
  // One that prints what it was given, and fails.
  await project.write('stack.yaml', stack('echo I have $URL; exit 1'));
  const failed = await run('apply', '--yes', '--format', 'github', '--report', 'r.json');
  expect(failed.code).toBe(6);
  expect(failed.stderr).toContain('I have postgres://app:***@db/app');
  await project.write('stack.yaml', stack('sleep 2000'));
  expect((await run('apply', '--yes')).code).toBe(0);
  for (const words of [
    ['history', '--json'],
    ['events'],
    ['events', '--json'],
    ['events', '--list', '--json'],
    ['state', 'show', '--json'],
    ['state', 'backup', 'b.json'],
    ['rollback', '--yes'],
  ]) {
    expect((await run(...words)).code, said.at(-1)).toBe(0);
  }
  await watch.end();
  expect(watch.rounds()).toBeGreaterThan(5);
  expect(watch.seen()).toEqual([]);
  for (const text of said) for (const form of forms) expect(text).not.toContain(form);

  const here = await readdir(project.directory, {recursive: true, withFileTypes: true});
  const files = here.filter(file => file.isFile() && file.name !== 'secrets.yaml');
  expect(files.map(({name}) => name)).toEqual(
    expect.arrayContaining(['niyanta.lock.json', 'p.json', 'b.json', 'r.json']),
  );
  expect(files.filter(({name}) => name.endsWith('.jsonl')).length).toBeGreaterThan(2);
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    const content = await readFile(path, 'latin1');
    for (const form of forms) expect(content.includes(form), path).toBe(false);
  }
  const patterns = forms.map(form => `-e '${form}'`).join(' ');
  const onHost = await lab().sh(
    'h1',
    `grep -rlsF ${patterns} /var/lib/niyanta /usr/local/lib/niyanta /run/niyanta /tmp /etc /root /var/log /dev/shm || :`,
  );
  expect(onHost).toBe('');
  const labels = await lab().sh('h1', 'for c in $(ctr -n niyanta c ls -q); do ctr -n niyanta c info $c; done');
  const listed = [...labels.matchAll(/"Labels": \{[^}]*\}/g)].map(([text]) => text);
  expect(listed.length).toBeGreaterThan(0);
  for (const text of listed) for (const form of forms) expect(text).not.toContain(form);
});

test('plan --commands shows the scripts that are run, with secrets by name', async () => {
  await project.write('stack.yaml', stack('sleep 3000'));
  const {json} = await run('plan', '--commands', '--json');
  const shown = json.commands.flatMap(({commands}: {commands: string[]}) => commands).join('\n');
  expect(shown).toContain('ctr --namespace niyanta run --detach');
  expect(shown).toContain('${secret:token}');
  const done = await run('apply', '--yes');
  expect(done.code).toBe(0);
  const [id = ''] = await containersOn(lab(), 'h1');
  expect(shown).toContain(id);
});
