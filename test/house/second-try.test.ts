import {join} from 'node:path';
import {expect, test} from 'vitest';
import {root} from './sources.ts';

const {countTests, filesToTryAgain, mergeReports} = await import(join(root, 'scripts/second-try.mjs'));

const file = (name: string, ...tests: [string, string][]) => ({
  name,
  status: tests.length === 0 || tests.some(([, status]) => status === 'failed') ? 'failed' : 'passed',
  assertionResults: tests.map(([fullName, status]) => ({fullName, status})),
});
const report = (...testResults: ReturnType<typeof file>[]) => ({testResults});

test('files with failures are tried again, also those that could not start; whole ones are not', () => {
  const first = report(file('a', ['one', 'passed']), file('b', ['two', 'failed']), file('c'));
  expect(filesToTryAgain(first)).toEqual(['b', 'c']);
});

test('when many files failed, none is tried again', () => {
  const many = Array.from({length: 6}, (_, index) => file(`f${index}`, ['x', 'failed']));
  expect(filesToTryAgain(report(...many))).toEqual([]);
});

test('what passed only at the second try is named, and counts as passed', () => {
  const first = report(file('a', ['one', 'passed']), file('b', ['two', 'failed'], ['three', 'passed']), file('c'));
  const second = report(file('b', ['two', 'passed'], ['three', 'passed']), file('c', ['four', 'passed']));
  const merged = mergeReports(first, second);
  expect(merged.onlyThen).toEqual([
    {file: 'b', name: 'two'},
    {file: 'c', name: '(the file could not start)'},
  ]);
  expect(countTests(merged)).toEqual({passed: 4, failed: 0, skipped: 0});
});

test('what fails twice failed, and so does what failed only at the second try', () => {
  const first = report(file('b', ['two', 'failed'], ['three', 'passed']), file('c', ['four', 'failed']));
  const second = report(file('b', ['two', 'failed'], ['three', 'failed']), file('c'));
  const merged = mergeReports(first, second);
  expect(merged.onlyThen).toEqual([]);
  expect(countTests(merged)).toEqual({passed: 0, failed: 3, skipped: 0});
});

test('tests that were left out are counted', () => {
  expect(countTests(report(file('a', ['one', 'skipped'], ['two', 'todo'], ['three', 'pending'])))).toEqual({
    passed: 0,
    failed: 0,
    skipped: 3,
  });
});
