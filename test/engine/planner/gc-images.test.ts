import {describe, expect, test} from 'vitest';
import {container, copy, day, digestOf, image, lockOf, now, removed, state} from './gc-world.ts';

const placed = (id: string) => ({web: [{replica: 1, host: 'h1', address: '10.89.3.7', container: id, ports: []}]});
const id = 'shop-default-web-1-00000a';
const gone = {environment: 'gone'};

describe('images', () => {
  const entry = (serial: number, letter: string) =>
    ({
      serial,
      at: now.toISOString(),
      who: 'me',
      action: 'apply',
      outcome: 'applied',
      summary: '',
      images: {web: {digest: digestOf(letter), resolvedAt: now.toISOString()}},
    }) as const;
  // 4 and 5 are one release.
  const history = [entry(1, 'b'), entry(2, 'c'), entry(3, 'd'), entry(4, 'e'), entry(5, 'e')];
  const lock = lockOf({default: state({placements: placed(id), history})});
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(letter => image(letter));
  const found = {containers: [container({})], images: all};

  test('of containers and of the newest releases stay; the others go', () => {
    expect(removed(lock, found)).toEqual(['image docker.io/library/b:1', 'image docker.io/library/f:1']);
    expect(removed(lock, found, {keep: {releases: 1, days: 30}})).toHaveLength(4);
  });

  test('young ones stay, and those of an age that nobody knows', () => {
    const images = [image('f', {ageMs: 29 * day}), image('a', {name: 'x', digest: digestOf('9'), ageMs: undefined})];
    expect(removed(lock, {...found, images})).toEqual([]);
    expect(removed(lock, {...found, images}, {keep: {releases: 1, days: 0}})).toEqual(['image docker.io/library/f:1']);
    expect(removed(lock, {...found, images: [image('f', {ageMs: 0})]}, {keep: {releases: 1, days: 0}})).toEqual([]);
  });

  test('another name of an image that stays, stays', () => {
    expect(removed(lock, {...found, images: [image('a'), image('a', {name: 'docker.io/library/a@sha256'})]})).toEqual(
      [],
    );
  });

  test('beside another project, only what our history names or was sent by us is ours', () => {
    const images = [
      image('b'),
      image('f'),
      image('1', {name: 'niyanta.local/demo/web:111111111111'}),
      image('2', {name: 'niyanta.local/other/web:222222222222'}),
    ];
    const beside = {...found, images, fences: ['other.default', 'demo.default']};
    expect(removed(lock, beside)).toEqual(['image docker.io/library/b:1', 'image niyanta.local/demo/web:111111111111']);
  });

  test("what another project's copy of its state names stays, even when our history names it, too", () => {
    const theirs = copy({project: 'other'}, state({history: [entry(1, 'b')]}));
    expect(removed(lock, {...found, images: [image('b')], copies: [theirs]})).toEqual([]);
  });

  test('that of a container which goes with the same plan, goes', () => {
    const containers = [container({}), container({...gone, image: 'f'})];
    expect(removed(lock, {containers, images: [image('f')]})).toEqual([
      'container shop-gone-web-1-00000a',
      'image docker.io/library/f:1',
    ]);
  });
});
