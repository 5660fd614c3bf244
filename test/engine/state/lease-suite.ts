import type {ChildProcess} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import type {Lease} from '../../../src/engine/state/store.ts';
import {type StoreUnderTest, withEnvironment} from './store-under-test.ts';

/** What a child says of the lease that it holds. */
async function fenceOf(child: {word(): Promise<string>}): Promise<number> {
  const word = await child.word();
  expect(word).toMatch(/^held \d+$/);
  return Number(word.slice('held '.length));
}

/** What every store promises of leases. */
export function leasePromises(the: StoreUnderTest): void {
  test('one holds an environment; the next is told who, and exits 4', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    const refused = the.open().acquire('default', 'destroy', {waitMs: 0});
    await expect(refused).rejects.toMatchObject({code: 'lock-held', exit: 4});
    const {owner, machine, since} = lease.holder;
    for (const part of [owner, machine, since, String(process.pid), 'apply']) {
      await expect(refused).rejects.toThrow(part);
    }
    await lease.release();
  });

  test('another environment is free', async () => {
    const one = await the.store.acquire('default', 'apply', {waitMs: 0});
    const two = await the.open().acquire('staging', 'apply', {waitMs: 0});
    expect(await the.store.holders()).toEqual([
      {environment: 'default', holder: one.holder},
      {environment: 'staging', holder: two.holder},
    ]);
    await Promise.all([one.release(), two.release()]);
    expect(await the.store.holders()).toEqual([]);
  });

  test('a lease that was given back is free, and the fence goes up by one', async () => {
    const first = await the.store.acquire('default', 'apply', {waitMs: 0});
    await first.release();
    expect(await the.store.holder('default')).toBeUndefined();
    const second = await the.open().acquire('default', 'apply', {waitMs: 0});
    expect(second.holder.fence).toBe(first.holder.fence + 1);
    await second.release();
  });

  test('the fence goes on from the one in the document', async () => {
    await the.store.update(0, withEnvironment('default', {fence: 41}));
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    expect(lease.holder.fence).toBe(42);
    const written = await the.store.update(1, lock => lock);
    expect(written.environments.default?.fence).toBe(42);
    await lease.release();
  });

  test('a lease that is renewed outlives its time', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    await expect(the.open().acquire('default', 'apply', {waitMs: the.times.ttlMs * 2})).rejects.toMatchObject({
      code: 'lock-held',
    });
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
  });

  the.ofProcesses(
    'those who wait get it in the order in which they came',
    async () => {
      const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
      const waiters = [];
      for (let index = 0; index < 3; index++) {
        const waiter = the.start('queue');
        expect(await waiter.word()).toBe('waiting');
        waiters.push(waiter);
      }
      await lease.release();
      const fences = [];
      for (const waiter of waiters) {
        let word = await waiter.word();
        // The holder that it waits for changes as those before it get their turn.
        while (word === 'waiting') word = await waiter.word();
        fences.push(word);
      }
      expect(fences).toEqual([1, 2, 3].map(later => `held ${lease.holder.fence + later}`));
      expect(await Promise.all(waiters.map(({ended}) => ended))).toEqual([0, 0, 0]);
    },
    30_000,
  );

  the.ofProcesses.each([2, 10])(
    'of %i that ask at once, each has it alone',
    async processes => {
      const askers = Array.from({length: processes}, () => the.start('turn'));
      const fences = await Promise.all(askers.map(fenceOf));
      expect(await Promise.all(askers.map(({ended}) => ended))).toEqual(askers.map(() => 0));
      const lowest = Math.min(...fences);
      expect([...fences].sort((a, b) => a - b)).toEqual(askers.map((_, index) => lowest + index));
      expect((await the.store.read()).serial).toBe(2 * processes);
      expect(await the.store.queue('default')).toEqual([]);
    },
    120_000,
  );

  the.ofProcesses(
    'those who wait are listed in order, and one that was killed is not',
    async () => {
      const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
      const waiters = [];
      for (let index = 0; index < 3; index++) {
        const waiter = the.start('queue');
        expect(await waiter.word()).toBe('waiting');
        waiters.push(waiter);
      }
      const pids = async () => (await the.store.queue('default')).map(({pid}) => pid);
      expect(await pids()).toEqual(waiters.map(({child}) => child.pid));
      expect(await the.store.queue('default')).toMatchObject([{reason: 'apply', owner: lease.holder.owner}, {}, {}]);
      waiters[0]!.child.kill('SIGKILL');
      await waiters[0]!.ended;
      await expect.poll(pids, {timeout: 10_000}).toEqual(waiters.slice(1).map(({child}) => child.pid));
      await lease.release();
      expect(await Promise.all(waiters.slice(1).map(({ended}) => ended))).toEqual([0, 0]);
    },
    60_000,
  );

  test('one who gave up waiting does not keep its place', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    await expect(the.open().acquire('default', 'apply', {waitMs: 50})).rejects.toMatchObject({code: 'lock-held'});
    await lease.release();
    const next = await the.open().acquire('default', 'apply', {waitMs: 0});
    await next.release();
  });

  the.ofProcesses('a holder that was killed with kill -9 is succeeded, with a higher fence', async () => {
    const holder = the.start('hold');
    const first = await fenceOf(holder);
    await expect(the.store.acquire('default', 'apply', {waitMs: 0})).rejects.toMatchObject({code: 'lock-held'});
    holder.child.kill('SIGKILL');
    await holder.ended;
    const lease = await the.store.acquire('default', 'apply', {waitMs: the.times.ttlMs * 4});
    expect(lease.holder.fence).toBe(first + 1);
    await lease.release();
  });

  /** Stops the holder until another one has its lease. Stopped inside a write it holds everybody up, and has to go on once more. */
  async function successorOf(child: ChildProcess): Promise<Lease> {
    for (;;) {
      child.kill('SIGSTOP');
      const lease = await the.store
        .acquire('default', 'apply', {waitMs: 60_000})
        .catch((error: {code: string}) => expect(error).toMatchObject({code: 'state-busy'}));
      if (lease) return lease;
      child.kill('SIGCONT');
      await sleep(20);
    }
  }

  the.ofProcesses(
    'a holder that slept past its time is told, and can write no more',
    async () => {
      const sleeper = the.start('hold');
      const first = await fenceOf(sleeper);
      const lease = await successorOf(sleeper.child);
      expect(lease.holder.fence).toBe(first + 1);
      sleeper.child.kill('SIGCONT');
      expect(await sleeper.word()).toBe('lost');
      expect(await sleeper.word()).toBe('lease-lost');
      await lease.release();
    },
    90_000,
  );

  the.ofProcesses(
    'a holder that wakes in the middle of writing writes no more',
    async () => {
      const sleeper = the.start('write');
      expect(await sleeper.word()).toMatch(/^held \d+$/);
      sleeper.child.kill('SIGSTOP');
      // When it was stopped inside a write, nobody can take over: then it must go on before it can be succeeded.
      const lease = await the.store
        .acquire('default', 'apply', {waitMs: the.times.ttlMs * 3})
        .catch((error: {code: string}) => {
          expect(['state-busy', 'lock-held']).toContain(error.code);
          return undefined;
        });
      const before = await the.store.read();
      sleeper.child.kill('SIGCONT');
      if (lease === undefined) {
        // Its time is up, and nobody took over: at its next renewal it finds the lease still its own.
        await expect.poll(() => the.store.holder('default'), {timeout: 20_000}).toMatchObject({pid: sleeper.child.pid});
        return;
      }
      expect(await sleeper.word()).toBe('lease-lost');
      expect(await the.store.read()).toEqual(before);
      await lease.release();
    },
    90_000,
  );

  test('a lease that was broken by hand is lost to its holder', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    const lost = new Promise(resolve => lease.lost.addEventListener('abort', resolve));
    expect(await the.open().release('default')).toMatchObject({id: lease.holder.id});
    await expect(the.store.update(0, lock => lock)).rejects.toMatchObject({code: 'lease-lost', exit: 4});
    await lost;
    expect((await the.store.read()).serial).toBe(0);
    await lease.release();
    expect(await the.open().release('default')).toBeUndefined();
  });

  test('giving back a lease that another took leaves it to the other', async () => {
    const first = await the.store.acquire('default', 'apply', {waitMs: 0});
    await the.open().release('default');
    const second = await the.open().acquire('default', 'apply', {waitMs: 0});
    await first.release();
    expect(await the.store.holder('default')).toMatchObject({id: second.holder.id});
    await second.release();
  });

  test('others see how far a holder is', async () => {
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    lease.report({done: 3, total: 40, doing: 'starting web/2 on h1'});
    await expect
      .poll(() => the.open().holder('default'), {timeout: 10_000})
      .toMatchObject({
        id: lease.holder.id,
        progress: {done: 3, total: 40, doing: 'starting web/2 on h1', at: expect.stringMatching(/Z$/)},
      });
    await lease.release();
  });
}
