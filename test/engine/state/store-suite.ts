import {describe, expect, test} from 'vitest';
import type {BackendName} from './backends.ts';
import {journalPromises} from './journal-suite.ts';
import {leasePromises} from './lease-suite.ts';
import {releasePromises} from './release-suite.ts';
import {storeUnderTest, withEnvironment} from './store-under-test.ts';

/** What every store promises, whatever keeps it. */
export function describeStore(name: BackendName): void {
  describe(`a ${name} store`, {timeout: name === 'file' ? 10_000 : 60_000}, () => {
    const the = storeUnderTest(name);

    test('is empty at first, with a salt that stays', async () => {
      const first = await the.store.read();
      expect(first).toMatchObject({version: 1, project: 'shop', serial: 0, environments: {}});
      expect(await the.open().read()).toEqual(first);
      expect((await the.store.update(0, lock => lock)).salt).toBe(first.salt);
    });

    test('gives back what was written, one serial higher', async () => {
      const written = await the.store.update(0, withEnvironment('default', {stopped: ['web']}));
      expect(written.serial).toBe(1);
      expect(await the.open().read()).toEqual(written);
    });

    test('refuses a write on a serial that has passed, with exit 8, and keeps what is there', async () => {
      const written = await the.store.update(0, withEnvironment('default'));
      await expect(the.open().update(0, withEnvironment('staging'))).rejects.toMatchObject({
        code: 'stale-state',
        exit: 8,
      });
      expect(await the.store.read()).toEqual(written);
    });

    test('a change that throws writes nothing', async () => {
      const written = await the.store.update(0, withEnvironment('default'));
      const change = () => {
        throw new Error('no');
      };
      await expect(the.store.update(1, change)).rejects.toThrow('no');
      expect(await the.store.read()).toEqual(written);
    });

    the.ofProcesses.each([2, 10])(
      '%i processes that race lose no write',
      async processes => {
        await the.store.update(0, withEnvironment('counter', {stopped: ['0']}));
        const each = the.name === 'file' ? 20 : 5;
        const racers = Array.from({length: processes}, () => the.start('increment', String(each)));
        expect(await Promise.all(racers.map(({ended}) => ended))).toEqual(racers.map(() => 0));
        const lock = await the.store.read();
        expect(lock.environments.counter?.stopped).toEqual([String(processes * each)]);
        expect(lock.serial).toBe(1 + processes * each);
      },
      60_000,
    );

    test('a broken document is refused, and can be replaced, with a serial above the old one', async () => {
      const written = await the.store.update(0, withEnvironment('default'));
      const again = await the.store.update(1, lock => lock);
      await the.backend.corrupt(the.location, JSON.stringify(again, null, 2).slice(0, -20));
      await expect(the.store.read()).rejects.toMatchObject({code: 'lock-file-invalid'});
      const replaced = await the.store.replace(() => written);
      expect(replaced).toEqual({...written, serial: 3});
      expect(await the.store.read()).toEqual(replaced);
    });

    test('a document is not replaced while somebody holds an environment', async () => {
      const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
      const replacing = the.open().replace(({serial, salt}) => ({
        version: 1,
        project: 'shop',
        serial,
        salt,
        environments: {},
      }));
      await expect(replacing).rejects.toMatchObject({code: 'lock-held', exit: 4});
      await lease.release();
    });

    leasePromises(the);
    releasePromises(the);
    journalPromises(the);
  });
}
