import {expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 3});
const hosts = ['h1', 'h2', 'h3'];
const count = 100;

/** A hundred services, every tenth of which starts after the one before. */
const stack = `apiVersion: niyanta/v1
kind: Stack
name: many
services:
${Array.from({length: count}, (_, i) => {
  const needs = i % 10 === 9 ? `, needs: [s${i}]` : '';
  return `  s${i + 1}: {archive: ./web.tar, stop: {grace: 0s}${needs}}\n`;
}).join('')}`;

const everyName = Array.from({length: count}, (_, i) => `s${i + 1}`).sort();

test('a file of 100 services is applied, known to each other by name, found unchanged, and removed whole', async () => {
  const project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  const applied = await project.niyanta(['apply', '--yes', '--json'], {timeoutMs: 240_000});
  expect(applied.code, applied.stderr).toBe(0);
  expect(applied.jsonLines.at(-1)).toMatchObject({type: 'result', outcome: 'applied'});

  const running = await Promise.all(hosts.map(host => runningOn(lab(), host)));
  expect(running.flat()).toHaveLength(count);
  // Spread evenly: no host has more than one above the others.
  expect(Math.max(...running.map(list => list.length)) - Math.min(...running.map(list => list.length))).toBeLessThan(2);
  const {replicas} = (await project.niyanta(['ps', '--json'])).json;
  expect(replicas.map(({service}: {service: string}) => service).sort()).toEqual(everyName);
  expect(new Set(replicas.map(({address}: {address: string}) => address)).size).toBe(count);

  await everyHostsFileNamesAll(project);

  const plan = await project.niyanta(['plan', '--json', '--detailed-exitcode']);
  expect(plan.code, plan.stdout).toBe(0);
  expect(plan.json.operations).toEqual([]);

  const destroyed = await project.niyanta(['destroy', '--yes'], {timeoutMs: 240_000});
  expect(destroyed.code, destroyed.stderr).toBe(0);
  for (const host of hosts) {
    expect(await containersOn(lab(), host)).toEqual([]);
    expect((await lab().sh(host, 'ls /run/netns /var/lib/niyanta/containers')).match(/many-/g)).toBeNull();
  }
}, 600_000);

/** Each container's hosts file, as it sees it, has an address for every service. */
async function everyHostsFileNamesAll(project: TestProject): Promise<void> {
  for (const name of ['s1', 's50', 's100']) {
    const read = await project.niyanta(['exec', name, '--', 'cat', '/etc/hosts']);
    expect(read.code, read.stderr).toBe(0);
    const named = read.stdout.split('\n').flatMap(line => line.split(/\s+/).slice(1));
    expect(everyName.filter(service => !named.includes(service))).toEqual([]);
  }
}
