import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, describe, expect, test} from 'vitest';
import {labHosts} from '../../src/engine/lab/index.ts';
import {makeRunId} from '../../src/engine/state/run-id.ts';
import {openSshStore} from '../../src/engine/state/ssh/ssh-store.ts';
import type {StateStore} from '../../src/engine/state/store.ts';
import {remoteTimes} from '../engine/state/backends.ts';
import {describeStore} from '../engine/state/store-suite.ts';
import {sharedLab} from './harness/index.ts';

describeStore('ssh');

describe('a state on a host', () => {
  const lab = sharedLab({hosts: 1});
  const opened: StateStore[] = [];
  const open = (path: string, times = remoteTimes) => {
    const hosts = labHosts(lab().lab);
    const location = {kind: 'ssh', host: 'h1', path} as const;
    const store = openSshStore(location, 'shop', {hosts, ssh: {env: {HOME: '/nowhere'}}}, times);
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(store => store.close()));
  });

  test('the lease outlives a restart of sshd, and what is under way when it breaks is done once', async () => {
    const store = open('/srv/restart/shop.lock.json', {ttlMs: 15_000, renewMs: 500, pollMs: 100});
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    const run = makeRunId(new Date(), 'abc123');
    for (let round = 1; round <= 3; round++) {
      // Every session ends at once; the listener stays, as with `systemctl restart ssh` a moment later.
      const writing = store.journal.append('default', run, [round]);
      await lab().sh('h1', "pkill -f '^sshd: ' || :");
      await writing;
      const {serial} = await store.read();
      const updating = store.update(serial, lock => lock);
      await lab().sh('h1', "pkill -f '^sshd: ' || :");
      expect((await updating).serial).toBe(round);
    }
    await sleep(1500);
    expect(lease.lost.aborted).toBe(false);
    expect(await open('/srv/restart/shop.lock.json').journal.read('default', run)).toEqual([1, 2, 3]);
    await lease.release();
  });

  test('a holder that is cut off for longer than its time loses the lease, and another gets it', async () => {
    const store = open('/srv/partition/shop.lock.json');
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    const lost = new Promise(resolve => lease.lost.addEventListener('abort', resolve, {once: true}));
    await lab().partition('h1');
    const began = performance.now();
    await lost;
    expect(performance.now() - began).toBeLessThan(remoteTimes.ttlMs + 2000);
    await lab().heal('h1');
    await expect(store.update(0, lock => lock)).rejects.toMatchObject({code: 'lease-lost', exit: 4});
    const next = await open('/srv/partition/shop.lock.json').acquire('default', 'apply', {waitMs: 30_000});
    expect(next.holder.fence).toBeGreaterThan(lease.holder.fence);
    await next.release();
  }, 60_000);

  test('a disk that is full there is told as such, and keeps what was written', async () => {
    await lab().sh('h1', 'mkdir -p /srv/full && mount -t tmpfs -o size=128k none /srv/full');
    const store = open('/srv/full/shop.lock.json');
    const written = await store.update(0, lock => lock);
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    const run = makeRunId(new Date(), 'abc123');
    await store.journal.append('default', run, ['before']);
    await lab().sh('h1', 'cat /dev/zero >/srv/full/ballast 2>/dev/null || :');
    await expect(store.journal.append('default', run, ['x'.repeat(5000)])).rejects.toMatchObject({code: 'disk-full'});
    await expect(store.update(written.serial, lock => lock)).rejects.toMatchObject({
      code: 'disk-full',
      exit: 1,
      hint: expect.stringContaining('h1'),
    });
    expect(await store.read()).toEqual(written);
    await lab().sh('h1', 'rm /srv/full/ballast');
    await store.journal.append('default', run, ['after']);
    expect(await store.journal.read('default', run)).toEqual(['before', 'after']);
    expect((await store.update(written.serial, lock => lock)).serial).toBe(written.serial + 1);
    await lease.release();
    expect(await lab().sh('h1', 'ls -A /srv/full')).toBe('.niyanta\nshop.lock.json\n');
  });

  test('a host without what it takes is named, with what is missing', async () => {
    await lab().sh('h1', 'mv /usr/bin/flock /usr/bin/flock.away');
    await expect(open('/srv/x/shop.lock.json').read()).rejects.toMatchObject({
      code: 'state-host-lacks',
      message: expect.stringContaining('flock'),
      hint: expect.stringContaining('util-linux'),
    });
    await lab().sh('h1', 'mv /usr/bin/flock.away /usr/bin/flock');
  });

  test('looking changes nothing there', async () => {
    const store = open('/srv/looking/shop.lock.json');
    expect(await store.holders()).toEqual([]);
    expect(await store.backups()).toEqual([]);
    expect(await store.journal.runs('default')).toEqual([]);
    expect((await lab().exec('h1', ['test', '-e', '/srv/looking'])).code).toBe(1);
  });

  test('a folder that a group shares stays shared, whoever writes', async () => {
    await lab().sh('h1', 'mkdir -p /srv/team && chgrp staff /srv/team && chmod 2775 /srv/team');
    const store = open('/srv/team/shop.lock.json');
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    await store.journal.append('default', makeRunId(new Date(), 'abc123'), [1]);
    await store.update(0, lock => lock);
    await lease.release();
    const wrong = await lab().sh('h1', 'find /srv/team -not -group staff -o -not -perm -g=w');
    expect(wrong).toBe('');
  });

  test('a text that is longer than a command line goes as well', async () => {
    const store = open('/srv/long/shop.lock.json');
    const stopped = Array.from({length: 30_000}, (_, index) => `service-${index}`);
    const environment = {stack: 'shop', fence: 0, images: {}, subnets: {}, placements: {}, stopped, history: []};
    const written = await store.update(0, lock => ({...lock, environments: {default: environment}}));
    const read = await open('/srv/long/shop.lock.json').read();
    expect(new Set(read.environments.default?.stopped)).toEqual(new Set(written.environments.default?.stopped));
  });
});
