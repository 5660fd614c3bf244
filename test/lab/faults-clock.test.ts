import {setTimeout as sleep} from 'node:timers/promises';
import {execa} from 'execa';
import {expect, test} from 'vitest';
import {fakeTime} from './harness/fake-time.ts';
import {busyboxArchive, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    command: [sh, -c, "echo it is $COLOUR; exec sleep 1000"]
    volumes: ["data:/data"]
    stop: {grace: 100ms}
  web:
    archive: ./one.tar
    replicas: 2
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    needs: [db]
    placement: {spread: host}
    stop: {grace: 100ms}
volumes: {data: {}}
`;

/** Waits until sshd is back with its new clock, and asks a shell over it for the time. Seconds since the epoch. */
async function clockOverSsh(project: TestProject, host: string): Promise<number> {
  for (let look = 1; ; look += 1) {
    const seen = await project.niyanta(['host', 'inspect', host, '--json']);
    if (seen.code === 0) break;
    if (look === 20) throw new Error(`${host} does not come back: ${seen.stderr}`);
    await sleep(200);
  }
  const {address} = lab().host(host);
  const key = lab().lab.identityFile;
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const {stdout} = await execa('ssh', [...options, '-i', key, `root@${address}`, 'date +%s']);
  return Number(stdout);
}

test('hosts whose clocks are an hour off, to either side, are deployed to, updated, read and taken over', async () => {
  const project = await lab().project(stack('red'), {'one.tar': image});
  await fakeTime(lab(), 'h1', '+1h');
  await fakeTime(lab(), 'h2', '-1h');
  const now = Date.now() / 1000;
  expect((await clockOverSsh(project, 'h1')) - now).toBeGreaterThan(3000);
  expect((await clockOverSsh(project, 'h2')) - now).toBeLessThan(-3000);

  const apply = async (...more: string[]) => {
    const done = await project.niyanta(['apply', '--yes', ...more]);
    expect(done.code, done.stderr).toBe(0);
  };
  await apply();
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  await project.write('stack.yaml', stack('blue'));
  await apply('--lock-wait', '20s');
  expect((await project.niyanta(['plan', '--json'])).json.operations).toEqual([]);
  const running = [...(await runningOn(lab(), 'h1')), ...(await runningOn(lab(), 'h2'))];
  expect(running).toHaveLength(3);

  const {replicas} = (await project.niyanta(['ps', '--json'])).json;
  for (const {startedAt} of replicas) {
    // The logger and the starts are stamped by the host's own clock, which is right; nothing of it comes from a shell's.
    expect(Math.abs(Date.parse(startedAt) - Date.now())).toBeLessThan(10 * 60_000);
  }
  const logs = await project.niyanta(['logs', 'db', '--since', '10m']);
  expect(logs.stdout).toContain('it is blue');

  const rebuilt = await project.niyanta(['state', 'rebuild', '--yes']);
  expect(rebuilt.code, rebuilt.stderr).toBe(0);
  await apply();
  expect((await project.niyanta(['destroy', '--yes', '--volumes'])).code).toBe(0);
  expect([...(await runningOn(lab(), 'h1')), ...(await runningOn(lab(), 'h2'))]).toEqual([]);
});
