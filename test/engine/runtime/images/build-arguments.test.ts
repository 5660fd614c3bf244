import {expect, test} from 'vitest';
import {withArgumentLabels} from '../../../../src/engine/runtime/images/build-arguments.ts';

const dockerfile = ['ARG BASE=x', 'FROM scratch', 'ADD f /', 'ARG VERSION=1.0', 'ENV V=$VERSION', 'arg OTHER', ''].join(
  '\n',
);

test('each argument with a value ends the cache behind it, and nowhere before', () => {
  const text = withArgumentLabels(dockerfile, {VERSION: '2.0', BASE: 'y', OTHER: 'o'});
  expect(text.split('\n')).toEqual([
    'ARG BASE=x',
    'FROM scratch',
    'ADD f /',
    'ARG VERSION=1.0',
    expect.stringMatching(/^LABEL niyanta\.arg\.VERSION=[0-9a-f]{12}$/),
    'ENV V=$VERSION',
    'arg OTHER',
    expect.stringMatching(/^LABEL niyanta\.arg\.OTHER=[0-9a-f]{12}$/),
    '',
  ]);
});

test('another value gives another Dockerfile, the same value the same', () => {
  const text = (VERSION: string) => withArgumentLabels(dockerfile, {VERSION});
  expect(text('2.0')).toBe(text('2.0'));
  expect(text('2.0')).not.toBe(text('2.1'));
});

test('without arguments nothing is touched', () => {
  expect(withArgumentLabels(dockerfile, {})).toBe(dockerfile);
});
