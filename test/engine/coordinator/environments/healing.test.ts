import {describe, expect, test} from 'vitest';
import type {ChangeRow} from '../../../../src/engine/coordinator/environments/environment-rows.ts';
import {
  healingStreak,
  mostInARow,
  pauseAfter,
} from '../../../../src/engine/coordinator/environments/healing-backoff.ts';
import type {Look} from '../../../../src/engine/coordinator/environments/look-at-environment.ts';
import {type Found, restartPatienceMs, whatToDo} from '../../../../src/engine/coordinator/environments/what-to-do.ts';

const minute = 60_000;

/** Changes from 1 on; each takes a second. */
const changes = (...list: readonly (Partial<ChangeRow> & {readonly at: number})[]): readonly ChangeRow[] =>
  list.map(({at, ...parts}, index) => ({
    environment: 'shop.default',
    number: index + 1,
    kind: 'heal',
    options: {},
    actor: {name: 'coordinator:c1'},
    state: 'done',
    askedAt: at,
    startedAt: at,
    endedAt: at + 1000,
    runs: [],
    ...parts,
  }));

const web = new Set(['web/2@h1']);

describe('how often an environment is healed', () => {
  test('the first time at once; then after 2 s, four times as long each time, and every 10 minutes in the end', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map(pauseAfter)).toEqual([0, 2000, 8000, 32_000, 128_000, 600_000, 600_000]);
    expect(healingStreak([], web)).toEqual({count: 0, open: false});
    expect(healingStreak(changes({at: 0}), web)).toEqual({count: 1, open: false, notBefore: 3000});
  });

  test('those that did not last are counted, in whatever order they are told; the breaker opens at the fifth', () => {
    const often = changes(...Array.from({length: mostInARow}, (_, index) => ({at: index * minute})));
    expect(healingStreak(often.toReversed(), web)).toMatchObject({count: mostInARow, open: true});
    expect(healingStreak(often.slice(0, -1), web)).toMatchObject({count: mostInARow - 1, open: false});
  });

  test('tries of an open breaker do not close it; one that lasted does', () => {
    const five = Array.from({length: mostInARow}, (_, index) => ({at: index * minute}));
    expect(healingStreak(changes(...five, {at: 15 * minute}), web)).toMatchObject({count: mostInARow + 1, open: true});
    expect(healingStreak(changes(...five, {at: 60 * minute}), web)).toMatchObject({count: 1, open: false});
  });

  test('only what was put right before and is broken again: other parts, other hosts are no matter', () => {
    const parts = (...list: readonly string[]) => ({options: {parts: list}});
    const list = changes({at: 0, ...parts('web/2@h1', 'network@h1')}, {at: minute, ...parts('web/2@h2')});
    expect(healingStreak(list, web).count).toBe(1);
    expect(healingStreak(list, new Set(['web/2@h1', 'web/2@h2'])).count).toBe(2);
    expect(healingStreak(list, new Set(['db/1@h1']))).toEqual({count: 0, open: false});
  });

  test('what a person did well ends the streak, what failed does not; what goes on does not count yet', () => {
    const twice = [{at: 0}, {at: 2 * minute}];
    const person = {at: 3 * minute, kind: 'apply', actor: {name: 'key:ann'}} as const;
    expect(healingStreak(changes(...twice, person), web)).toEqual({count: 0, open: false});
    expect(healingStreak(changes(...twice, {...person, state: 'failed'}), web).count).toBe(2);
    const asked = {at: 3 * minute, kind: 'heal', actor: {name: 'key:ann'}} as const;
    expect(healingStreak(changes(...twice, asked), web).count).toBe(0);
    expect(healingStreak(changes(...twice, {at: 3 * minute, endedAt: undefined, state: 'running'}), web).count).toBe(2);
  });
});

const look = (parts: Partial<Look> = {}): Look => ({
  operations: [],
  drift: [],
  warnings: [],
  services: [{service: 'web', wanted: 2, good: 2}],
  watched: [],
  starting: false,
  running: true,
  why: 'every replica is running',
  restarting: [],
  containers: [],
  ...parts,
});
const broken = look({
  running: false,
  why: 'web 1 of 2',
  operations: [{title: 'create web 2 on h2: someone removed it', part: 'web/2@h2', service: 'web', replica: 2}],
  drift: ['web 2 on h2 removed'],
  services: [{service: 'web', wanted: 2, good: 1}],
});
const found = (parts: Partial<Found> = {}): Found => ({
  look: broken,
  ill: [],
  healing: 'on',
  streak: {count: 0, open: false},
  suspect: [],
  lost: [],
  mayMove: true,
  restartingMs: new Map(),
  now: 1_000_000,
  ...parts,
});
const unhealthy = look({running: false, why: 'web 1 of 2'});
const web1 = {service: 'web', replica: 1, host: 'h1', container: 'c1'};
const restarting = look({...broken, restarting: ['web/2'], drift: ['web 2 on h2 stopped']});

describe('what is done about an environment', () => {
  test.each<[what: string, Partial<Found>, condition: string, reason: RegExp | undefined]>([
    ['runs as applied', {look: look()}, 'healthy', undefined],
    ['runs as applied, while a host of others is lost', {look: look(), lost: ['h3']}, 'healthy', undefined],
    [
      'runs as applied, and a host of its own is lost',
      {look: look({warnings: ['h3 was left out']}), lost: ['h3']},
      'degraded',
      /h3 is lost; h3 was left out/,
    ],
    ['a replica is unhealthy for a moment, or only reported', {look: unhealthy}, 'degraded', /web 1 of 2/],
    [
      'a replica is unhealthy, and healing is paused',
      {look: unhealthy, ill: [web1], healing: 'paused'},
      'degraded',
      /web 1 on h1 is unhealthy; healing is paused/,
    ],
    [
      'a replica is unhealthy again, soon after it was replaced',
      {look: unhealthy, ill: [web1], streak: {count: 1, open: false, notBefore: 1_004_000}},
      'healing',
      /web 1 on h1 is unhealthy; is put right again after a pause/,
    ],
    [
      'a replica starts',
      {look: look({running: false, starting: true, why: 'web still starting'})},
      'healing',
      /still starting/,
    ],
    [
      'a volume is on a lost host: its replica waits',
      {look: look({running: false, why: 'db has no running replica'}), lost: ['h1']},
      'degraded',
      /db has no running replica; h1 is lost/,
    ],
    ['broken, and healing is paused', {healing: 'paused'}, 'degraded', /healing is paused/],
    ['broken, and a host is silent', {suspect: ['h2']}, 'healing', /h2 silent/],
    ['broken in a partition', {partition: '3 of 4 are silent', mayMove: false}, 'degraded', /3 of 4/],
    ['ended, and containerd starts it again', {look: restarting}, 'healing', /containerd starts again/],
    ['healed just now', {streak: {count: 1, open: false, notBefore: 1_004_000}}, 'healing', /after a pause/],
    [
      'healed in vain',
      {streak: {count: 6, open: true, notBefore: 1_400_000}},
      'degraded',
      /6 times without lasting: tried again every 10 minutes/,
    ],
  ])('%s: it is said, and nothing is changed', (_, parts, condition, reason) => {
    const decision = whatToDo(found(parts));
    expect(decision.heal).toBeUndefined();
    expect(decision.seen.condition).toBe(condition);
    if (reason) expect(decision.seen.reason).toMatch(reason);
    else expect(decision.seen.reason).toBeUndefined();
  });

  test.each<[what: string, Partial<Found>]>([
    ['broken', {}],
    ['a host is lost', {lost: ['h2']}],
    ['broken in a partition, as one of few', {partition: '3 of 4 are silent', mayMove: true}],
    ['the pause is over', {streak: {count: 2, open: false, notBefore: 999_000}}],
    ['the breaker lets one through', {streak: {count: 6, open: true, notBefore: 999_000}}],
    ['containerd does not start it', {look: restarting, restartingMs: new Map([['web/2', restartPatienceMs]])}],
    [
      'something else is broken beside what restarts',
      {
        look: look({
          ...restarting,
          operations: [
            ...broken.operations,
            {title: 'create db 1 on h1: new', part: 'db/1@h1', service: 'db', replica: 1},
          ],
        }),
      },
    ],
  ])('%s: it is healed', (_, parts) => {
    const decision = whatToDo(found(parts));
    expect(decision.heal).toBeDefined();
    expect(decision.seen.condition).toBe('healing');
  });

  test('who is unhealthy is replaced, once nothing else is broken', () => {
    expect(whatToDo(found({look: unhealthy, ill: [web1]}))).toMatchObject({
      heal: 'web 1 on h1 is unhealthy',
      parts: ['health/web'],
      unhealthy: ['c1'],
    });
    const both = whatToDo(found({ill: [web1]}));
    expect(both.parts).toEqual(['web/2@h2']);
    expect(both.unhealthy).toBeUndefined();
  });

  test('what it is healed for is short, whatever is broken', () => {
    const drift = Array.from({length: 40}, (_, index) => `web ${index} on h1 removed`);
    expect(whatToDo(found({look: look({...broken, drift})})).heal).toBe(
      'web 0 on h1 removed, web 1 on h1 removed, web 2 on h1 removed, 37 more',
    );
  });

  test('who has to wait is looked at again in time', () => {
    expect(whatToDo(found({suspect: ['h2']})).againMs).toBe(1000);
    expect(whatToDo(found({streak: {count: 1, open: false, notBefore: 1_004_000}})).againMs).toBe(4000);
    expect(whatToDo(found({look: look()})).againMs).toBeUndefined();
  });
});
