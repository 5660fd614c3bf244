import {expect, test} from 'vitest';
import {atHome, portable} from '../../src/engine/portable-stack.ts';
import type {ImageSource, Stack} from '../../src/engine/spec/stack.ts';

const of = (...images: ImageSource[]) =>
  ({
    name: 's',
    services: images.map((image, at) => ({name: `s${at}`, image})),
    volumes: [],
    routes: [],
  }) as unknown as Stack;

test('a stack kept in the lock file works in a clone elsewhere', () => {
  const here = of(
    {kind: 'archive', path: '/home/a/shop/web.tar'},
    {kind: 'build', context: '/home/a/shop', file: '/home/a/shop/Containerfile', args: {}},
    {kind: 'archive', path: '/home/a/other/db.tar'},
    {kind: 'reference', reference: 'docker.io/library/postgres:15'},
  );
  const kept = portable(here, '/home/a/shop');
  expect(JSON.stringify(kept)).not.toContain('/home');
  expect(atHome(kept, '/home/a/shop')).toEqual(here);
  expect(atHome(kept, '/srv/b/shop')).toEqual(
    of(
      {kind: 'archive', path: '/srv/b/shop/web.tar'},
      {kind: 'build', context: '/srv/b/shop', file: '/srv/b/shop/Containerfile', args: {}},
      {kind: 'archive', path: '/srv/b/other/db.tar'},
      {kind: 'reference', reference: 'docker.io/library/postgres:15'},
    ),
  );
});
