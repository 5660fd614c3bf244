import {expect, test} from 'vitest';
import {dueAt, dueBackup} from '../../src/engine/due-backups.ts';
import type {BackupManifest, Verified} from '../../src/engine/runtime/backup/backup-manifest.ts';
import type {VolumeBackup} from '../../src/engine/spec/backup.ts';

const backup: VolumeBackup = {
  to: './backups',
  schedule: '0 3 * * *',
  timeZone: 'UTC',
  before: {kind: 'none'},
  encrypt: {kind: 'none'},
  keep: {last: 7, hourly: 0, daily: 0, weekly: 0, monthly: 0},
  verify: {timeoutMs: 1000, query: 'select 1'},
};
const now = new Date('2026-06-02T12:00:00Z');
const bad = (at: string): Verified => ({at, ok: false, detail: 'no rows'});
const good: Verified = {at: '2026-06-02T03:05:00Z', ok: true, detail: '3'};

/** Made at this time of the host `h1`. */
const made = (startedAt: string, given: Partial<BackupManifest> = {}) =>
  ({id: startedAt, host: 'h1', why: 'schedule', startedAt, ...given}) as BackupManifest;
const today = (verified?: Verified, given: Partial<BackupManifest> = {}) =>
  made('2026-06-02T03:00:00Z', {...given, ...(verified && {verified})});
const yesterday = made('2026-06-01T03:00:00Z', {verified: good});
const other = made('2026-06-02T11:00:00Z', {host: 'h2', verified: bad('2026-06-02T11:00:00Z')});

const due = (backups: readonly BackupManifest[], {trials = true, of = backup} = {}) =>
  dueBackup({host: 'h1', users: [], backup: of}, backups, {now, trials});

test.each<[string, readonly BackupManifest[], object | undefined]>([
  ['nothing was ever backed up', [], {do: 'backup'}],
  ['the last was good', [today(good), yesterday], undefined],
  ['one was missed', [yesterday], {do: 'backup'}],
  // A quarter of the day since the good one: six hours after 03:05.
  ['the last failed its trial, long enough ago', [today(bad('2026-06-02T03:05:00Z')), yesterday], {do: 'backup'}],
  [
    'it failed just now',
    [today(bad('2026-06-02T11:00:00Z')), yesterday],
    {do: 'wait', until: new Date('2026-06-02T19:00:00Z')},
  ],
  ['none was ever good', [today(bad('2026-06-02T11:50:00Z'))], {do: 'wait', until: new Date('2026-06-02T12:05:00Z')}],
  ["it failed just now, and another host's is good", [other, today(good)], undefined],
  ['its trial was cut off', [today()], {do: 'verify', backup: {startedAt: '2026-06-02T03:00:00Z'}}],
  ['someone asked for it without a trial', [today(undefined, {why: 'asked'})], undefined],
])('when %s', (_, backups, expected) => {
  if (expected === undefined) expect(due(backups)).toBeUndefined();
  else expect(due(backups)).toMatchObject(expected);
});

test('without trials an untried one is good; without a schedule nothing is ever due', () => {
  expect(due([today()], {trials: false})).toBeUndefined();
  const {verify: _, ...untried} = backup;
  expect(due([today()], {of: untried})).toBeUndefined();
  const {schedule: __, ...byHand} = backup;
  expect(due([today(bad('2026-06-02T03:05:00Z'))], {of: byHand})).toBeUndefined();
});

test('a retry is never later than the schedule', () => {
  const failed = [today(bad('2026-06-02T23:00:00Z')), made('2026-05-01T03:00:00Z', {verified: good})];
  expect(dueAt({host: 'h1', users: [], backup}, failed, now)).toEqual(new Date('2026-06-03T03:00:00Z'));
});
