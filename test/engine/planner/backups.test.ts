import {describe, expect, test} from 'vitest';
import {anotherVersion} from '../../../src/engine/planner/operations/backups.ts';
import type {Operation, Plan} from '../../../src/engine/planner/plan.ts';
import {planDestroy} from '../../../src/engine/planner/plan-destroy.ts';
import {planStack} from '../../../src/engine/planner/plan-stack.ts';
import type {VolumeBackup} from '../../../src/engine/spec/backup.ts';
import type {Service, Stack, UpdatePolicy} from '../../../src/engine/spec/stack.ts';
import {applyAll} from './simulate.ts';
import {emptyWorld, planInput, service, stack, volume, type World} from './world.ts';

const backup: VolumeBackup = {
  to: './backups',
  timeZone: 'UTC',
  keep: {last: 7, hourly: 0, daily: 0, weekly: 0, monthly: 0},
  before: {kind: 'freeze'},
  encrypt: {kind: 'none'},
};

const db = (reference: string, given: Partial<Service> = {}) =>
  service('db', {image: {kind: 'reference', reference}, volumes: [volume('rows')], ...given});

const backedUp = (...services: readonly Service[]): Stack => {
  const made = stack(...services);
  return {...made, volumes: made.volumes.map(({name}) => ({name, backup}))};
};

const applied = (desired: Stack, world: World = emptyWorld('h1', 'h2')): World =>
  applyAll(world, planStack(planInput(world, desired)));

const update = (backup?: UpdatePolicy['backup']): UpdatePolicy => ({
  strategy: 'recreate',
  maxSurge: 0,
  maxUnavailable: 1,
  backup,
});

const find = (plan: Plan, kind: Operation['kind'], action?: Operation['action']) =>
  plan.operations.filter(one => one.kind === kind && (action === undefined || one.action === action));

describe('whether another version is going to read the data', () => {
  const at = (source: string, digest = 'sha256:1') => ({source, digest});
  test.each<[string, string, boolean]>([
    ['postgres:15', 'postgres:17', true],
    ['postgres:15.3', 'postgres:15.4', false],
    ['postgres:15-alpine', 'postgres:15.4-bookworm', false],
    ['docker.io/library/postgres:15', 'docker.io/library/postgres:v16', true],
    ['registry:5000/db:15', 'registry:5000/db:15.1', false],
    ['postgres:15', 'mariadb:15', true],
    ['postgres:latest', 'postgres:17', true],
    ['archive:pg15.tar', 'archive:pg17.tar', true],
    ['archive:pg.tar', 'archive:pg.tar', false],
    ['build:db', 'build:db', false],
  ])('%s → %s: %s', (from, to, expected) => {
    expect(anotherVersion(at(from), at(to, 'sha256:2'))).toBe(expected);
  });

  test('a tag without a number says it by its digest', () => {
    expect(anotherVersion(at('postgres:latest'), at('postgres:latest'))).toBe(false);
    expect(anotherVersion(at('postgres:latest'), at('postgres:latest', 'sha256:2'))).toBe(true);
  });
});

describe('a service whose image gets another major version', () => {
  const plan = (from: Stack, to: Stack) => {
    const world = applied(from);
    return planStack(planInput(world, to));
  };

  test('is backed up first, and nothing of it is touched before', () => {
    const change = plan(backedUp(db('postgres:15')), backedUp(db('postgres:17')));
    expect(find(change, 'backup')).toMatchObject([
      {id: 'backup:h1:rows', host: 'h1', volume: 'rows', service: 'db', why: 'before-change', backup},
    ]);
    for (const {after} of find(change, 'container')) expect(after).toContain('backup:h1:rows');
    expect(change.summary).toMatchObject({create: 1, replace: 1});
  });

  test.each<[string, Stack, Stack, number]>([
    ['a minor version', backedUp(db('postgres:15.1')), backedUp(db('postgres:15.2')), 0],
    [
      'a minor version, when told',
      backedUp(db('postgres:15.1')),
      backedUp(db('postgres:15.2', {update: update('before')})),
      1,
    ],
    [
      'a changed variable, when told',
      backedUp(db('postgres:15')),
      backedUp(db('postgres:15', {env: {A: 'b'}, update: update('before')})),
      1,
    ],
    [
      'a major version, when told not to',
      backedUp(db('postgres:15')),
      backedUp(db('postgres:17', {update: update('never')})),
      0,
    ],
    ['a volume that has no backup', stack(db('postgres:15')), stack(db('postgres:17')), 0],
    ['a first start', stack(), backedUp(db('postgres:17')), 0],
  ])('%s', (_, from, to, count) => expect(find(plan(from, to), 'backup')).toHaveLength(count));
});

describe('destroy --volumes', () => {
  const desired = backedUp(db('postgres:15'), service('web', {needs: ['db']}));
  const world = applied(desired);

  test('backs up before anything stops, and deletes last', () => {
    const {operations} = planDestroy(planInput(world, desired), {volumes: true});
    expect(operations[0]).toMatchObject({kind: 'backup', why: 'before-destroy'});
    for (const one of operations.slice(1)) {
      if (one.kind === 'container' || one.kind === 'volume') expect(one.after).toContain('backup:h1:rows');
    }
  });

  test('does not when told not to, nor when the data stays', () => {
    expect(find(planDestroy(planInput(world, desired), {volumes: true, backup: false}), 'backup')).toEqual([]);
    expect(find(planDestroy(planInput(world, desired), {volumes: false}), 'backup')).toEqual([]);
  });

  test('says which data is gone for good', () => {
    const {warnings} = planDestroy(planInput(world, stack(db('postgres:15'))), {volumes: true});
    expect(warnings.join()).toContain(
      'deleted without a backup, since the stack as it was applied last has none for it: rows on h1',
    );
  });
});

describe('a volume that moves', () => {
  const desired = stack(db('postgres:15', {update: update()}), service('web', {needs: ['db']}));
  const world = applied(desired);
  const plan = planStack(
    planInput(world, desired, {
      options: {purpose: 'apply', maxUnreachable: 0, move: {volume: 'rows', from: 'h1', to: 'h2'}},
    }),
  );

  test('is copied after its service stopped and before it starts there', () => {
    const [copy] = find(plan, 'volume');
    expect(copy).toMatchObject({host: 'h2', volume: 'rows', from: 'h1', action: 'create'});
    const [stop] = find(plan, 'container', 'delete').filter(one => one.service === 'db');
    const [start] = find(plan, 'container', 'replace').filter(one => one.service === 'db');
    expect(stop).toMatchObject({host: 'h1'});
    expect(start).toMatchObject({host: 'h2', how: 'create'});
    expect(copy!.after).toContain(stop!.id);
    expect(start!.after).toEqual(expect.arrayContaining([copy!.id, stop!.id]));
  });

  test('leaves the old data where it is, and what does not use it alone', () => {
    expect(find(plan, 'volume', 'delete')).toEqual([]);
    expect(find(plan, 'container').map(one => one.service)).toEqual(['db', 'db']);
  });

  test('and once it has moved, there is nothing to do', () => {
    const moved = applyAll(world, plan);
    const gone = {...moved, hosts: moved.hosts.map(host => (host.host === 'h1' ? {...host, volumes: []} : host))};
    expect(planStack(planInput(gone, desired)).operations).toEqual([]);
  });
});
