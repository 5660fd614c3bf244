import {type ChildProcess, spawn} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, afterEach, beforeEach, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();
const large = await busyboxArchive({files: {'/www/large': 'x'.repeat(3_000_000)}});

const stack = (web: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {${web}, placement: {require: {host: h1}}, stop: {grace: 0s}}
`;
const good = 'archive: ./one.tar';
const processes: ChildProcess[] = [];
afterAll(() => {
  for (const child of processes) child.kill();
});

let project: TestProject;
async function begin(web: string, tail = ''): Promise<void> {
  project = await lab().project(stack(web), {'one.tar': image, 'large.tar': large}, tail);
}

async function ok(...words: string[]) {
  const done = await project.niyanta(words);
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

/** Fails with this exit code and these words, as text and as JSON, and leaves the hosts as they were. */
async function refused(words: string[], exit: number, code: string, said: (string | RegExp)[]): Promise<void> {
  const before = await hostListing(lab(), ['h1', 'h2']);
  const text = await project.niyanta(words);
  expect(text.code, `${text.stdout}${text.stderr}`).toBe(exit);
  for (const part of said) expect(text.stderr).toMatch(part);
  const json = await project.niyanta([...words, '--json']);
  expect(json.code).toBe(exit);
  expect(json.json.error).toMatchObject({code, message: expect.any(String), hint: expect.any(String)});
  expect(await hostListing(lab(), ['h1', 'h2'])).toEqual(before);
}

afterEach(async () => {
  await project.write('niyanta.yaml', `apiVersion: niyanta/v1\nkind: Project\nname: test\nlab: ${lab().name}\n`);
  await ok('destroy', '--yes');
});

describe('a host', () => {
  test('that refuses connections is told by name, address and port', async () => {
    await begin(good, 'hosts: {h2: {port: 2}}\n');
    await refused(['apply', '--yes'], 1, 'host-unreachable', [/h2/, /port 2/, /refused/, /--allow-unreachable/]);
  });

  test('that is a black hole is given up within its timeout, even when others may go on', async () => {
    await begin(good, 'hosts: {h2: {connectTimeout: 500ms}}\n');
    await lab().partition('h2');
    try {
      await refused(['plan'], 1, 'host-unreachable', [/h2/, /0\.5 s/]);
      await ok('apply', '--yes', '--allow-unreachable');
      expect(await runningOn(lab(), 'h1')).toHaveLength(1);
    } finally {
      await lab().heal('h2');
    }
  });

  test('with another key than the known one is refused, whatever may be left out', async () => {
    await begin(good, `hosts: {h2: {hostKey: "SHA256:${'A'.repeat(43)}"}}\n`);
    await refused(['apply', '--yes', '--allow-unreachable'], 1, 'host-key-changed', [/h2/, /SHA256:A+/]);
  });

  test('whose containerd is stopped changes nothing and moves nothing away', async () => {
    await begin(good);
    await ok('apply', '--yes');
    const before = await runningOn(lab(), 'h1');
    const pid = (await lab().sh('h1', 'pidof containerd')).trim();
    await lab().sh('h1', `kill -STOP ${pid}; mv /run/containerd/containerd.sock /run/containerd/hidden.sock`);
    const failed = await project.niyanta(['apply', '--yes']);
    await lab().sh('h1', `mv /run/containerd/hidden.sock /run/containerd/containerd.sock; kill -CONT ${pid}`);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toMatch(/h1.*containerd/);
    expect(await runningOn(lab(), 'h1')).toEqual(before);
    expect(await containersOn(lab(), 'h2')).toEqual([]);
  });
});

describe('a full disk', () => {
  beforeEach(async () => {
    await begin(good);
    await ok('apply', '--yes');
  });

  const folders = [
    ['containerd', '/var/lib/containerd/io.containerd.content.v1.content/ingest', 'archive: ./large.tar'],
    ['niyanta', '/var/lib/niyanta/containers', 'archive: ./one.tar, env: {COLOUR: blue}'],
  ] as const;
  test.each(folders)('of %s fails the update with a clear error, and nothing is lost', async (_, folder, update) => {
    const before = await runningOn(lab(), 'h1');
    // A small disk in place of the folder, with what was in it, and full.
    await lab().sh(
      'h1',
      `rm -rf /tmp/kept; cp -a ${folder} /tmp/kept; mount -t tmpfs -o size=64k,nr_inodes=100 tmpfs ${folder}; cp -a /tmp/kept/. ${folder}; rm -r /tmp/kept
       dd if=/dev/zero of=${folder}/filler bs=1k count=64 2>/dev/null || :`,
    );
    await project.write('stack.yaml', stack(update));
    const failed = await project.niyanta(['apply', '--yes']);
    expect([1, 6], `${failed.stdout}${failed.stderr}`).toContain(failed.code);
    expect(failed.stderr).toMatch(/h1.*disk.*full/);
    expect(await runningOn(lab(), 'h1')).toEqual(before);
    await lab().sh(
      'h1',
      `rm ${folder}/filler; rm -rf /tmp/kept; cp -a ${folder} /tmp/kept; umount ${folder}; cp -a /tmp/kept/. ${folder}`,
    );
    await ok('apply', '--yes');
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
    expect(await runningOn(lab(), 'h1')).not.toEqual(before);
    expect(await containersOn(lab(), 'h1')).toHaveLength(1);
  });
});

describe('an image', () => {
  test('that a registry does not have is told at plan time, with its name and the registry', async () => {
    const address = `10.200.${lab().lab.number}.1:5000`;
    const folder = join(lab().scratch, 'registry');
    await mkdir(folder);
    const config = `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${address}"}\n`;
    await writeFile(join(folder, 'config.yml'), config);
    processes.push(spawn('docker-registry', ['serve', join(folder, 'config.yml')], {stdio: 'ignore'}));
    await expect
      .poll(
        () =>
          fetch(`http://${address}/v2/`).then(
            ({status}) => status,
            () => 0,
          ),
        {timeout: 10_000},
      )
      .toBe(200);
    await begin(`image: "${address}/shop/nothing:1"`, `registries: {"${address}": {http: true}}\n`);
    await refused(['plan'], 1, 'image-not-found', [/shop\/nothing:1/, new RegExp(address)]);
    await refused(['apply', '--yes'], 1, 'image-not-found', [/shop\/nothing:1/]);
  });

  test('archive that is not there, is damaged or is of another kind is told by its path', async () => {
    await begin('archive: ./nowhere.tar');
    await refused(['apply', '--yes'], 64, expect.any(String) as unknown as string, [/nowhere\.tar/]);
    await project.write('stack.yaml', stack('archive: ./stack.yaml'));
    await refused(['apply', '--yes'], 64, expect.any(String) as unknown as string, [/stack\.yaml/]);
    await project.write('cut.tar', image.subarray(0, 300_000));
    await project.write('stack.yaml', stack('archive: ./cut.tar'));
    await refused(['apply', '--yes'], 64, expect.any(String) as unknown as string, [/cut\.tar/]);
  });
});

describe('a container', () => {
  test('that exits at once shows what it said last, and is not left behind', async () => {
    await begin(`${good}, command: [sh, -c, "echo no such planet >&2; exit 9"]`);
    const failed = await project.niyanta(['apply', '--yes']);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toContain('no such planet');
    expect(failed.stderr).toContain('web 1 on h1');
    expect(await containersOn(lab(), 'h1')).toEqual([]);
  });

  test('whose program does not exist is told with its name', async () => {
    await begin(`${good}, command: [/bin/nothing-here]`);
    const failed = await project.niyanta(['apply', '--yes']);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toContain('nothing-here');
    expect(await containersOn(lab(), 'h1')).toEqual([]);
  });

  test('whose health check never passes says what the check got', async () => {
    await begin(`${good}, health: {tcp: {port: 81}, interval: 200ms, retries: 2, startPeriod: 300ms}`);
    const failed = await project.niyanta(['apply', '--yes']);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toMatch(/web 1 on h1.*(81|refused)/);
    expect(await containersOn(lab(), 'h1')).toEqual([]);
  });
});
