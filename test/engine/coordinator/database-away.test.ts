import {expect, test} from 'vitest';
import type {Store} from '../../../src/engine/coordinator/store/store.ts';
import {stage, stageOver} from './harness/stage.ts';
import {submission} from './store/samples.ts';

/** The same store, whose every verb fails while it is away. */
function mayBeAway(store: Store) {
  const state = {away: false};
  const proxied = new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        state.away && name !== 'close' ? Promise.reject(new Error('database is away')) : member.apply(target, args);
    },
  });
  return {store: proxied, state};
}

test('the database is away for a while: an end that was seen then is told afterwards, nothing is begun twice', async () => {
  const base = await stage(['h1']);
  await base.coordinator.stop({deadlineMs: 5000});
  const {store, state} = mayBeAway(base.store);
  const on = await stageOver(store, base.pool, base.type);
  const id = await on.submit('long');
  await expect.poll(() => on.state(id)).toBe('RUNNING');
  state.away = true;
  on.type.running('long')!.end();
  await expect(on.coordinator.submit([submission('refused')])).rejects.toThrow('database');
  await expect.poll(() => on.coordinator.health().ready, {timeout: 10_000}).toBe(false);
  await expect.poll(() => on.coordinator.leads(), {timeout: 10_000}).toBe(false);
  state.away = false;
  await expect.poll(() => on.state(id).catch(() => undefined), {timeout: 20_000}).toBe('SUCCEEDED');
  expect((await on.row(id)).attempt).toBe(1);
  await expect.poll(() => on.coordinator.health().ready, {timeout: 10_000}).toBe(true);
});

test('the database goes away in the middle of a round: what the round decided is decided again', async () => {
  const base = await stage(['h1']);
  await base.coordinator.stop({deadlineMs: 5000});
  let refusals = 1;
  const store = new Proxy(base.store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        name === 'explain' && refusals-- > 0
          ? Promise.reject(new Error('database is away'))
          : member.apply(target, args);
    },
  });
  const whole = {type: 'stage', with: {}, resources: {cpu: 4}};
  // One fits, the other waits: of that the round tells the store.
  const both = [submission('first', {}, whole), submission('second', {}, whole)];
  await base.store.submit(both);
  const on = await stageOver(store, base.pool, base.type);
  for (const {id, workload} of both) {
    await expect.poll(() => on.state(id)).toBe('RUNNING');
    on.type.running(workload.name)!.end();
  }
  expect(refusals).toBeLessThanOrEqual(0);
});
