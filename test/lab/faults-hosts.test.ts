import {randomBytes} from 'node:crypto';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {type AppliedEvent, RunningApply} from './harness/running-apply.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    replicas: 6
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    placement: {spread: host}
    stop: {grace: 100ms}
  front:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    ports: ["8081:8080"]
    placement: {require: {host: h1}}
    command: [httpd, -f, -p, "8080", -h, /www]
    stop: {grace: 100ms}
`;

let project: TestProject;
beforeEach(async () => {
  project = await lab().project(stack('red'), {'one.tar': image});
});
afterEach(async () => {
  const done = await project.niyanta(['destroy', '--yes', '--volumes']);
  expect(done.code, done.stderr).toBe(0);
});

const start = (...more: string[]) => new RunningApply(project.start(['apply', '--yes', '--json', ...more]));

const finished = (count: number) => (_: AppliedEvent, all: readonly AppliedEvent[]) =>
  all.filter(({type, operation}) => type === 'operation-finished' && operation?.startsWith('container:')).length >=
  count;

/** An apply ends well, changes nothing when repeated, and all seven containers run, of this colour, none beside them. */
async function converged(colour: string): Promise<void> {
  const done = await project.niyanta(['apply', '--yes', '--json']);
  expect(done.code, done.stderr + done.stdout).toBe(0);
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  const all: string[] = [];
  for (const host of ['h1', 'h2']) {
    const containers = await containersOn(lab(), host);
    expect(await runningOn(lab(), host)).toEqual(containers);
    all.push(...containers);
    const colours = await lab().sh(host, 'grep -ho \'"COLOUR":"[a-z]*"\' /var/lib/niyanta/containers/*.json | sort -u');
    expect(colours).toBe(`"COLOUR":"${colour}"\n`);
  }
  expect(all).toHaveLength(7);
}

/** Kills containerd; the host's supervisor starts it again a second later. */
const restartContainerd = (host: string) => lab().sh(host, 'pkill -9 -x containerd');

describe('containerd that is killed and comes back', () => {
  test('in the middle of a first apply is no reason to fail', async () => {
    const running = start();
    await running.until(finished(2));
    await restartContainerd('h1');
    expect(await running.ended, running.stderr).toBe(0);
    await converged('red');
  });

  test('leaving the folder of a task that it never knew of is in the way of no start', async () => {
    await converged('red');
    const id = (await containersOn(lab(), 'h1'))[0]!;
    const leftOver = () =>
      lab().sh('h1', `mkdir -p /run/containerd/io.containerd.runtime.v2.task/niyanta/${id}/rootfs`);
    await project.niyanta(['stop', '--yes']);
    await leftOver();
    const started = await project.niyanta(['start', '--yes']);
    expect(started.code, started.stderr).toBe(0);
    await project.niyanta(['destroy', '--yes']);
    await leftOver();
    await converged('red');
  });

  test('in the middle of an update leaves the old or the new, and the next apply brings the new', async () => {
    await converged('red');
    await project.write('stack.yaml', stack('blue'));
    const running = start();
    await running.until(finished(3));
    await restartContainerd('h2');
    expect(await running.ended, running.stderr).toBe(0);
    await converged('blue');
  });

  test('does not touch what runs', async () => {
    await converged('red');
    const pids = () => lab().sh('h1', "ctr -n niyanta tasks ls | awk 'NR > 1 {print $1, $2}' | sort");
    const before = await pids();
    await restartContainerd('h1');
    await lab().sh('h1', 'for n in $(seq 100); do ctr version >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1');
    expect(await pids()).toBe(before);
    expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  });
});

test('a port that something else takes between plan and apply is told by name, and nothing is lost', async () => {
  const planned = await project.niyanta(['plan', '-o', 'p.json']);
  expect(planned.code, planned.stderr).toBe(0);
  await lab().sh('h1', 'busybox nc -ll -p 8081 -e cat </dev/null >/dev/null 2>&1 & echo $! >/tmp/nc.pid');
  const refused = await project.niyanta(['apply', 'p.json', '--yes']);
  const again = await project.niyanta(['apply', '--yes']);
  await lab().sh('h1', 'kill $(cat /tmp/nc.pid)');
  expect(refused.code, refused.stderr).toBe(8);
  expect(refused.stderr).toContain('8081');
  expect(again.code, again.stderr).toBe(1);
  expect(again.stderr).toContain('8081');
  expect(again.stderr).toMatch(/busybox|nc/);
  expect(await containersOn(lab(), 'h1')).toEqual([]);
  await converged('red');
});

describe('a disk that is full on a host', () => {
  const content = '/var/lib/containerd/io.containerd.content.v1.content';

  /** From now on the folder is on a disk of its own, with what is in it and room for `bytes` more. */
  const onSmallDisk = (host: string, folder: string, bytes: number) =>
    lab().sh(
      host,
      `cp -a ${folder} /tmp/kept
       mount -t tmpfs -o size=$(( $(du -sb /tmp/kept | cut -f1) * 11 / 10 + ${bytes} )),mode=755 tmpfs ${folder}
       cp -a /tmp/kept/. ${folder}/ && rm -rf /tmp/kept`,
    );
  const biggerDisk = (host: string, folder: string) => lab().sh(host, `mount -o remount,size=64m ${folder}`);
  const fill = (host: string, folder: string) =>
    lab().sh(host, `cat /dev/zero >${folder}/filler 2>/dev/null || :; [ -s ${folder}/filler ]`);

  test("for niyanta's own files: said so, and the next apply with room converges", async () => {
    await converged('red');
    await onSmallDisk('h2', '/var/lib/niyanta', 200_000);
    await fill('h2', '/var/lib/niyanta');
    await project.write('stack.yaml', stack('blue'));
    const full = await project.niyanta(['apply', '--yes', '--json']);
    expect(full.code, full.stderr).toBe(6);
    const failed = full.jsonLines.find(({type, outcome}) => type === 'operation-finished' && outcome === 'failed');
    expect(failed).toMatchObject({code: 'disk-full'});
    expect(failed.message).toMatch(/^h2: .*the disk is full$/);
    await lab().sh('h2', 'rm /var/lib/niyanta/filler');
    await converged('blue');
    await fill('h2', '/var/lib/niyanta');
    const gone = await project.niyanta(['destroy', '--yes']);
    expect(gone.code, gone.stderr).toBe(0);
    expect(await containersOn(lab(), 'h2')).toEqual([]);
    await lab().sh('h2', 'rm /var/lib/niyanta/filler');
  });

  test('for images: said so, and the next apply with room converges', async () => {
    await converged('red');
    await project.write(
      'one.tar',
      await busyboxArchive({files: {'/www/index.html': 'new\n', '/www/big': randomBytes(600_000).toString('hex')}}),
    );
    await onSmallDisk('h2', content, 300_000);
    const full = await project.niyanta(['apply', '--yes', '--json']);
    // Whether h1 had begun to replace anything when h2 failed is a matter of moments.
    expect([1, 6], full.stderr).toContain(full.code);
    const failed = full.jsonLines.find(({type, outcome}) => type === 'operation-finished' && outcome === 'failed');
    expect(failed).toMatchObject({code: 'disk-full'});
    expect(failed.message).toMatch(/^h2: the disk is full/);
    await biggerDisk('h2', content);
    await converged('red');
  });
});
