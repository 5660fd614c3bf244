import {expect, test} from 'vitest';
import {askRunning} from '../../../src/engine/open-releases.ts';
import {releaseBook} from '../../../src/engine/release-book.ts';
import type {ReleaseRecord} from '../../../src/engine/state/lock-file.ts';
import {type StoreUnderTest, withEnvironment} from './store-under-test.ts';

const release: ReleaseRecord = {
  strategy: 'canary',
  since: '2026-01-02T03:04:05Z',
  weight: 10,
  step: 1,
  steps: 3,
  phase: 'running',
  together: [],
  new: [],
  old: [],
};
const now = () => new Date('2026-01-02T03:05:00Z');

/** What an apply that is at a release hears from others through the state. */
export function releasePromises(the: StoreUnderTest): void {
  test('what others ask of a release reaches the apply that is at it, and what either writes stays', async () => {
    await the.store.update(0, withEnvironment('default', {releases: {web: release, api: {...release, phase: 'open'}}}));
    const lease = await the.store.acquire('default', 'apply', {waitMs: 0});
    const book = releaseBook({store: the.store, environment: 'default'});
    expect(await book.request(['web'])).toBeUndefined();
    const other = {store: the.open(), environment: 'default'};
    const [asked] = await Promise.all([
      askRunning(other, {what: 'abort', now}),
      book.note(['web'], {phase: 'running', weight: 50, step: 2}),
    ]);
    // Of one that waits for nobody nothing is asked.
    expect(asked).toMatchObject({asked: {reason: 'apply'}, services: ['web']});
    expect(await book.request(['web'])).toBe('abort');
    expect(await book.request(['api'])).toBeUndefined();
    expect((await the.open().read()).environments.default?.releases?.web).toMatchObject({
      weight: 50,
      step: 2,
      request: {what: 'abort', at: now().toISOString()},
    });
    await lease.release();
    expect(await askRunning(other, {what: 'promote', now})).toBeUndefined();
  });
}
