import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {EnvironmentState, LockFile} from '../../../src/engine/state/lock-file.ts';
import {makeRunId} from '../../../src/engine/state/run-id.ts';
import type {StateStore} from '../../../src/engine/state/store.ts';
import {uniqueLabName} from '../../lab/harness/test-run.ts';
import {type Backend, type BackendName, backends, timesOf} from './backends.ts';

const emptyEnvironment: EnvironmentState = {
  stack: 'shop',
  fence: 0,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [],
};

/** What every store promises, whatever keeps it. */
/** What a child says of the lease that it holds. */
async function fenceOf(child: {word(): Promise<string>}): Promise<number> {
  const word = await child.word();
  expect(word).toMatch(/^held \d+$/);
  return Number(word.slice('held '.length));
}

export function describeStore(name: BackendName): void {
  const times = timesOf(name);
  describe(`a ${name} store`, {timeout: name === 'file' ? 10_000 : 60_000}, () => {
    let backend: Backend;
    let stop: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      backend = await backends[name]();
      stop = await backend.start?.(uniqueLabName());
    }, 120_000);
    afterAll(() => stop?.(), 60_000);

    let location: string;
    let remove: () => Promise<void>;
    let store: StateStore;
    const children: ChildProcess[] = [];
    const opened: StateStore[] = [];
    const open = () => {
      const made = backend.open(location, 'shop', times);
      opened.push(made);
      return made;
    };

    beforeEach(async () => {
      ({location, remove} = await backend.make());
      store = open();
    });
    afterEach(async () => {
      for (const child of children.splice(0)) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await Promise.all(opened.splice(0).map(one => one.close()));
      await remove();
    });

    /** A process on the same store; `word` waits for the next line that it prints. */
    function start(deed: string, ...rest: string[]) {
      const script = fileURLToPath(new URL('store-child.ts', import.meta.url));
      const child = spawn(process.execPath, [script, name, location, 'shop', deed, ...rest], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
      const word = async () => (await lines.next()).value as string;
      return {child, word, ended: once(child, 'exit').then(([code]) => code as number | null)};
    }

    const withEnvironment =
      (environment: string, state: Partial<EnvironmentState> = {}) =>
      (lock: LockFile) => ({
        ...lock,
        environments: {...lock.environments, [environment]: {...emptyEnvironment, ...state}},
      });

    test('is empty at first, with a salt that stays', async () => {
      const first = await store.read();
      expect(first).toMatchObject({version: 1, project: 'shop', serial: 0, environments: {}});
      expect(await open().read()).toEqual(first);
      expect((await store.update(0, lock => lock)).salt).toBe(first.salt);
    });

    test('gives back what was written, one serial higher', async () => {
      const written = await store.update(0, withEnvironment('default', {stopped: ['web']}));
      expect(written.serial).toBe(1);
      expect(await open().read()).toEqual(written);
    });

    test('refuses a write on a serial that has passed, with exit 8, and keeps what is there', async () => {
      const written = await store.update(0, withEnvironment('default'));
      await expect(open().update(0, withEnvironment('staging'))).rejects.toMatchObject({code: 'stale-state', exit: 8});
      expect(await store.read()).toEqual(written);
    });

    test('a change that throws writes nothing', async () => {
      const written = await store.update(0, withEnvironment('default'));
      const change = () => {
        throw new Error('no');
      };
      await expect(store.update(1, change)).rejects.toThrow('no');
      expect(await store.read()).toEqual(written);
    });

    test.each([2, 10])(
      '%i processes that race lose no write',
      async processes => {
        await store.update(0, withEnvironment('counter', {stopped: ['0']}));
        const each = name === 'file' ? 20 : 5;
        const racers = Array.from({length: processes}, () => start('increment', String(each)));
        expect(await Promise.all(racers.map(({ended}) => ended))).toEqual(racers.map(() => 0));
        const lock = await store.read();
        expect(lock.environments.counter?.stopped).toEqual([String(processes * each)]);
        expect(lock.serial).toBe(1 + processes * each);
      },
      60_000,
    );

    test('one holds an environment; the next is told who, and exits 4', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const refused = open().acquire('default', 'destroy', {waitMs: 0});
      await expect(refused).rejects.toMatchObject({code: 'lock-held', exit: 4});
      const {owner, machine, since} = lease.holder;
      for (const part of [owner, machine, since, String(process.pid), 'apply']) {
        await expect(refused).rejects.toThrow(part);
      }
      await lease.release();
    });

    test('another environment is free', async () => {
      const one = await store.acquire('default', 'apply', {waitMs: 0});
      const two = await open().acquire('staging', 'apply', {waitMs: 0});
      expect(await store.holders()).toEqual([
        {environment: 'default', holder: one.holder},
        {environment: 'staging', holder: two.holder},
      ]);
      await Promise.all([one.release(), two.release()]);
      expect(await store.holders()).toEqual([]);
    });

    test('a lease that was given back is free, and the fence goes up by one', async () => {
      const first = await store.acquire('default', 'apply', {waitMs: 0});
      await first.release();
      expect(await store.holder('default')).toBeUndefined();
      const second = await open().acquire('default', 'apply', {waitMs: 0});
      expect(second.holder.fence).toBe(first.holder.fence + 1);
      await second.release();
    });

    test('the fence goes on from the one in the document', async () => {
      await store.update(0, withEnvironment('default', {fence: 41}));
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      expect(lease.holder.fence).toBe(42);
      const written = await store.update(1, lock => lock);
      expect(written.environments.default?.fence).toBe(42);
      await lease.release();
    });

    test('a lease that is renewed outlives its time', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      await expect(open().acquire('default', 'apply', {waitMs: times.ttlMs * 2})).rejects.toMatchObject({
        code: 'lock-held',
      });
      expect(lease.lost.aborted).toBe(false);
      await lease.release();
    });

    test('those who wait get it in the order in which they came', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const waiters = [];
      for (let index = 0; index < 3; index++) {
        const waiter = start('queue');
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
    }, 30_000);

    test.each([2, 10])(
      'of %i that ask at once, each has it alone',
      async processes => {
        const askers = Array.from({length: processes}, () => start('turn'));
        const fences = await Promise.all(askers.map(fenceOf));
        expect(await Promise.all(askers.map(({ended}) => ended))).toEqual(askers.map(() => 0));
        const lowest = Math.min(...fences);
        expect([...fences].sort((a, b) => a - b)).toEqual(askers.map((_, index) => lowest + index));
        expect((await store.read()).serial).toBe(2 * processes);
        expect(await store.queue('default')).toEqual([]);
      },
      120_000,
    );

    test('those who wait are listed in order, and one that was killed is not', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const waiters = [];
      for (let index = 0; index < 3; index++) {
        const waiter = start('queue');
        expect(await waiter.word()).toBe('waiting');
        waiters.push(waiter);
      }
      const pids = async () => (await store.queue('default')).map(({pid}) => pid);
      expect(await pids()).toEqual(waiters.map(({child}) => child.pid));
      expect(await store.queue('default')).toMatchObject([{reason: 'apply', owner: lease.holder.owner}, {}, {}]);
      waiters[0]!.child.kill('SIGKILL');
      await waiters[0]!.ended;
      await expect.poll(pids, {timeout: 10_000}).toEqual(waiters.slice(1).map(({child}) => child.pid));
      await lease.release();
      expect(await Promise.all(waiters.slice(1).map(({ended}) => ended))).toEqual([0, 0]);
    }, 60_000);

    test('one who gave up waiting does not keep its place', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      await expect(open().acquire('default', 'apply', {waitMs: 50})).rejects.toMatchObject({code: 'lock-held'});
      await lease.release();
      const next = await open().acquire('default', 'apply', {waitMs: 0});
      await next.release();
    });

    test('a holder that was killed with kill -9 is succeeded, with a higher fence', async () => {
      const holder = start('hold');
      const first = await fenceOf(holder);
      await expect(store.acquire('default', 'apply', {waitMs: 0})).rejects.toMatchObject({code: 'lock-held'});
      holder.child.kill('SIGKILL');
      await holder.ended;
      const lease = await store.acquire('default', 'apply', {waitMs: times.ttlMs * 4});
      expect(lease.holder.fence).toBe(first + 1);
      await lease.release();
    });

    test('a holder that slept past its time is told, and can write no more', async () => {
      const sleeper = start('hold');
      const first = await fenceOf(sleeper);
      sleeper.child.kill('SIGSTOP');
      const lease = await store.acquire('default', 'apply', {waitMs: 60_000});
      expect(lease.holder.fence).toBe(first + 1);
      sleeper.child.kill('SIGCONT');
      expect(await sleeper.word()).toBe('lost');
      expect(await sleeper.word()).toBe('lease-lost');
      await lease.release();
    }, 90_000);

    test('a holder that wakes in the middle of writing writes no more', async () => {
      const sleeper = start('write');
      expect(await sleeper.word()).toMatch(/^held \d+$/);
      sleeper.child.kill('SIGSTOP');
      // When it was stopped inside a write, nobody can take over: then it must go on before it can be succeeded.
      const lease = await store
        .acquire('default', 'apply', {waitMs: times.ttlMs * 3})
        .catch((error: {code: string}) => {
          expect(['state-busy', 'lock-held']).toContain(error.code);
          return undefined;
        });
      const before = await store.read();
      sleeper.child.kill('SIGCONT');
      if (lease === undefined) {
        expect(await store.holder('default')).toMatchObject({pid: sleeper.child.pid});
        return;
      }
      expect(await sleeper.word()).toBe('lease-lost');
      expect(await store.read()).toEqual(before);
      await lease.release();
    }, 90_000);

    test('a lease that was broken by hand is lost to its holder', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const lost = new Promise(resolve => lease.lost.addEventListener('abort', resolve));
      expect(await open().release('default')).toMatchObject({id: lease.holder.id});
      await expect(store.update(0, lock => lock)).rejects.toMatchObject({code: 'lease-lost', exit: 4});
      await lost;
      expect((await store.read()).serial).toBe(0);
      await lease.release();
      expect(await open().release('default')).toBeUndefined();
    });

    test('giving back a lease that another took leaves it to the other', async () => {
      const first = await store.acquire('default', 'apply', {waitMs: 0});
      await open().release('default');
      const second = await open().acquire('default', 'apply', {waitMs: 0});
      await first.release();
      expect(await store.holder('default')).toMatchObject({id: second.holder.id});
      await second.release();
    });

    test('a broken document is refused, and can be replaced, with a serial above the old one', async () => {
      const written = await store.update(0, withEnvironment('default'));
      const again = await store.update(1, lock => lock);
      await backend.corrupt(location, JSON.stringify(again, null, 2).slice(0, -20));
      await expect(store.read()).rejects.toMatchObject({code: 'lock-file-invalid'});
      const replaced = await store.replace(() => written);
      expect(replaced).toEqual({...written, serial: 3});
      expect(await store.read()).toEqual(replaced);
    });

    test('a document is not replaced while somebody holds an environment', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const replacing = open().replace(({serial, salt}) => ({
        version: 1,
        project: 'shop',
        serial,
        salt,
        environments: {},
      }));
      await expect(replacing).rejects.toMatchObject({code: 'lock-held', exit: 4});
      await lease.release();
    });

    test('a journal keeps records in order, for each run and environment, newest run first', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const [first, second] = ['2026-11-21T11:34:00.123Z', '2026-11-21T11:35:00.000Z'].map(at =>
        makeRunId(new Date(at), 'abc123'),
      ) as [string, string];
      await store.journal.append('default', first, [
        {type: 'begin', text: 'ü\n\u2028"'},
        {type: 'started', n: 1},
      ]);
      await Promise.all([1, 2, 3].map(n => store.journal.append('default', second, [n])));
      await store.journal.append('default', first, [{type: 'result'}]);
      await lease.release();
      const {journal} = open();
      expect(await journal.runs('default')).toEqual([second, first]);
      expect(await journal.read('default', first)).toEqual([
        {type: 'begin', text: 'ü\n\u2028"'},
        {type: 'started', n: 1},
        {type: 'result'},
      ]);
      expect(await journal.read('default', second)).toEqual([1, 2, 3]);
      expect(await journal.runs('staging')).toEqual([]);
      expect(await journal.read('staging', first)).toEqual([]);
    });

    test('a journal keeps the newest 20 runs', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      const runs = Array.from({length: 22}, (_, index) =>
        makeRunId(new Date(Date.UTC(2026, 0, 1, 0, index)), 'abc123'),
      );
      for (const run of runs) await store.journal.append('default', run, [1]);
      expect(await store.journal.runs('default')).toEqual(runs.slice(2).reverse());
      await lease.release();
    });

    test('a journal is written only by who holds the environment', async () => {
      const run = makeRunId(new Date(), 'abc123');
      await expect(store.journal.append('default', run, [1])).rejects.toMatchObject({code: 'lease-lost', exit: 4});
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      await expect(store.journal.append('staging', run, [1])).rejects.toMatchObject({code: 'lease-lost'});
      await store.journal.append('default', run, [1]);
      await open().release('default');
      await expect(store.journal.append('default', run, [2])).rejects.toMatchObject({code: 'lease-lost'});
      expect(await store.journal.read('default', run)).toEqual([1]);
      await lease.release();
    });

    test('others see how far a holder is', async () => {
      const lease = await store.acquire('default', 'apply', {waitMs: 0});
      lease.report({done: 3, total: 40, doing: 'starting web/2 on h1'});
      await expect
        .poll(() => open().holder('default'), {timeout: 10_000})
        .toMatchObject({
          id: lease.holder.id,
          progress: {done: 3, total: 40, doing: 'starting web/2 on h1', at: expect.stringMatching(/Z$/)},
        });
      await lease.release();
    });
  });
}
