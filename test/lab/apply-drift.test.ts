import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {busyboxArchive, containersOn, hostListing, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    replicas: 2
    env: {TOKEN: "\${secret:token}"}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 1s}
    stop: {grace: 0s}
  once: {archive: ./web.tar, command: ["true"], restart: never}
`;
const env = {NIYANTA_SECRET_TOKEN: 'drifting-secret-42'};

let project: TestProject;
const lockFile = () => join(project.directory, 'niyanta.lock.json');

async function ok(...words: string[]) {
  const done = await project.niyanta(words, {env});
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  return done;
}

const web = async (): Promise<string[]> => (await runningOn(lab(), 'h1')).filter(id => id.includes('-web-'));
const operations = async () => (await ok('plan', '--json')).json.operations;

beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  await ok('apply', '--yes');
  expect(await operations()).toEqual([]);
});

describe('what someone else changed on a host', () => {
  const label = 'ctr -n niyanta containers label';
  test.each([
    [
      'stopped',
      'a container that was stopped',
      (id: string) => `${label} ${id} containerd.io/restart.status= >/dev/null; ctr -n niyanta tasks rm -f ${id}`,
    ],
    [
      'removed',
      'a container that was removed',
      (id: string) =>
        `${label} ${id} containerd.io/restart.status= >/dev/null; ctr -n niyanta tasks rm -f ${id}; ctr -n niyanta containers rm ${id}`,
    ],
    [
      'network deleted',
      'a network namespace that was deleted',
      (id: string) => `umount /run/netns/${id}; rm -f /run/netns/${id}`,
    ],
    ['names changed', 'a hosts file that was edited', (id: string) => `echo 1.2.3.4 db >>/var/lib/niyanta/hosts/${id}`],
    ['manifest removed', 'a manifest that was deleted', (id: string) => `rm /var/lib/niyanta/containers/${id}.json`],
    [
      'manifest removed',
      'a manifest that was cut short',
      (id: string) => `f=/var/lib/niyanta/containers/${id}.json; head -c 100 $f >/tmp/m; cat /tmp/m >$f`,
    ],
    [
      'paused',
      'a container that was paused',
      // containerd's monitor restarts a paused one when it comes by; here the plan shall come first.
      (id: string) => `${label} ${id} containerd.io/restart.status= >/dev/null; ctr -n niyanta tasks pause ${id}`,
    ],
  ])('is shown as %s and repaired: %s', async (what, _, spoil) => {
    const [id = '', other = ''] = await web();
    await lab().sh('h1', spoil(id));
    const plan = await ok('plan', '--json');
    expect(plan.json.drift).toEqual([{service: 'web', replica: Number(id.split('-')[3]), host: 'h1', what}]);
    expect((await ok('plan')).stdout).toMatch(/drift/i);
    await ok('apply', '--yes');
    expect(await operations()).toEqual([]);
    const now = await web();
    expect(now).toHaveLength(2);
    expect(now).toContain(other);
    expect(await containersOn(lab(), 'h1')).toHaveLength(3);
  });

  test('is nothing to niyanta in other namespaces, and in containers that are not its own', async () => {
    const image = (await lab().sh('h1', "ctr -n niyanta images ls -q | grep '^niyanta.local' | head -n 1")).trim();
    await lab().sh(
      'h1',
      `ctr -n niyanta images export /tmp/i.tar ${image}; ctr -n other images import /tmp/i.tar >/dev/null
       for ns in other niyanta; do ctr -n $ns run -d ${image} stranger sleep 1000; done`,
    );
    const pids = 'for ns in other niyanta; do ctr -n $ns tasks ls | awk "/stranger/ {print \\$2, \\$3}"; done';
    const before = await lab().sh('h1', pids);
    expect(await operations()).toEqual([]);
    await ok('destroy', '--yes');
    expect(await lab().sh('h1', pids)).toBe(before);
    await ok('apply', '--yes');
    expect(await lab().sh('h1', pids)).toBe(before);
    await lab().sh(
      'h1',
      'for ns in other niyanta; do ctr -n $ns tasks rm -f stranger; ctr -n $ns containers rm stranger; done',
    );
  });
});

describe('the lock file', () => {
  test('that was deleted is written again from what runs, which is left as it is', async () => {
    const before = await hostListing(lab(), ['h1']);
    await rm(lockFile());
    const adopted = await ok('apply');
    expect(adopted.stderr).not.toContain('start ');
    expect(await hostListing(lab(), ['h1'])).toEqual(before);
    const lock = JSON.parse(await readFile(lockFile(), 'utf8'));
    expect(lock.environments.default.placements.web).toHaveLength(2);
    expect(lock.environments.default.images).toHaveProperty('archive:web.tar');
    expect(await operations()).toEqual([]);
  });

  test('that was lost and rebuilt gives an empty plan', async () => {
    const before = await hostListing(lab(), ['h1']);
    await rm(lockFile());
    await ok('state', 'rebuild', '--yes');
    expect(await operations()).toEqual([]);
    await ok('apply');
    expect(await hostListing(lab(), ['h1'])).toEqual(before);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['with a merge conflict', (text: string) => text.replace('{', '<<<<<<< HEAD\n{')],
    ['with a wrong value', (text: string) => text.replace(/"serial": \d+/, '"serial": "ten"')],
  ])('that is %s is told, and nothing changes', async (_, spoil) => {
    const text = await readFile(lockFile(), 'utf8');
    const before = await hostListing(lab(), ['h1']);
    const spoilt = spoil(text);
    await project.write('niyanta.lock.json', spoilt);
    for (const words of [['plan'], ['apply', '--yes'], ['destroy', '--yes'], ['rollback', '--yes']]) {
      const refused = await project.niyanta(words, {env});
      expect(refused.code, `${words}: ${refused.stdout}${refused.stderr}`).toBe(64);
      expect(refused.stderr).toContain('niyanta.lock.json');
      expect(refused.stderr).toContain('niyanta state');
    }
    expect(await readFile(lockFile(), 'utf8')).toBe(spoilt);
    expect(await hostListing(lab(), ['h1'])).toEqual(before);
    await project.write('niyanta.lock.json', text);
  });

  test('is put back by state restore from a backup', async () => {
    await ok('state', 'backup', 'kept.json');
    await project.write('niyanta.lock.json', 'nonsense');
    await ok('state', 'restore', 'kept.json', '--yes');
    expect(await operations()).toEqual([]);
    expect((await ok('history', '--json')).json.history.length).toBeGreaterThan(0);
  });
});
