// A process of its own that uses a store: `node store-child.ts BACKEND LOCATION PROJECT DEED…`. Prints a word a line.
import {setTimeout as sleep} from 'node:timers/promises';
import type {NiyantaError} from '../../../src/engine/spec/errors.ts';
import type {StateStore} from '../../../src/engine/state/store.ts';
import {type BackendName, backends, timesOf} from './backends.ts';

const [backend, location, project, deed, count] = process.argv.slice(2) as [
  BackendName,
  string,
  string,
  string,
  string,
];
// Those who take turns shall not lose the lease to a machine that is busy; those who are to lose it, soon.
const times = ['turn', 'queue'].includes(deed) ? {...timesOf(backend), ttlMs: 15_000} : timesOf(backend);
const store = (await backends[backend]()).open(location, project, times);
const say = (word: string) => process.stdout.write(`${word}\n`);

/** Adds one to a number in the document, trying again when another was faster. */
async function increment(of: StateStore): Promise<void> {
  for (;;) {
    const {serial} = await of.read();
    try {
      await of.update(serial, lock => {
        const state = lock.environments.counter!;
        return {
          ...lock,
          environments: {counter: {...state, subnets: {}, stopped: [`${Number(state.stopped[0]) + 1}`]}},
        };
      });
      return;
    } catch (error) {
      if ((error as NiyantaError).code !== 'stale-state') throw error;
    }
  }
}

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  async increment() {
    for (let done = 0; done < Number(count); done++) await increment(store);
  },
  /** Holds the lease until it is lost or the process is killed; then tries to write. */
  async hold() {
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    say(`held ${lease.holder.fence}`);
    const alive = setInterval(() => {}, 1000);
    await new Promise(resolve => lease.lost.addEventListener('abort', resolve));
    clearInterval(alive);
    say('lost');
    await store
      .read()
      .then(({serial}) => store.update(serial, lock => lock))
      .then(
        () => say('wrote'),
        (error: NiyantaError) => say(error.code),
      );
  },
  /** Writes in a loop under the lease, until refused. */
  async write() {
    const lease = await store.acquire('default', 'apply', {waitMs: 0});
    say(`held ${lease.holder.fence}`);
    for (;;) {
      const {serial} = await store.read();
      try {
        await store.update(serial, lock => lock);
      } catch (error) {
        return void say((error as NiyantaError).code);
      }
    }
  },
  /** Takes the lease when its turn comes, writes twice, and fails when anybody else wrote in between. */
  async turn() {
    const lease = await store.acquire('default', 'apply', {waitMs: 120_000});
    const {serial} = await store.read();
    await store.update(serial, lock => lock);
    await sleep(20);
    await store.update(serial + 1, lock => lock);
    say(`held ${lease.holder.fence}`);
    await lease.release();
  },
  /** Takes the lease when its turn comes, and gives it back. */
  async queue() {
    const lease = await store.acquire('default', 'apply', {waitMs: 60_000, onWait: () => say('waiting')});
    say(`held ${lease.holder.fence}`);
    await sleep(10);
    await lease.release();
    say('released');
  },
};
await deeds[deed]!();
await store.close();
