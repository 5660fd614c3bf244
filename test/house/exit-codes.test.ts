import {expect, test} from 'vitest';
import {exitCodeMeanings} from '../../src/cli/exit-codes-help.ts';
import {Exit, exitOfOutcome} from '../../src/engine/spec/exit-codes.ts';
import {filesBelow, textOf} from './sources.ts';

/** Codes of errors that have an exit code of their own, by exit code; 1 (failed) and 64 (wrong usage) are the rest's. */
const own: Readonly<Record<number, readonly string[]>> = {
  [Exit.cancelled]: ['confirmation-needed', 'not-confirmed'],
  [Exit.lockHeld]: ['fence-busy', 'fenced', 'lease-lost', 'lock-held', 'served'],
  [Exit.rollbackFailed]: ['restore-not-taken-back'],
  [Exit.stalePlan]: ['stale-plan', 'stale-state'],
  [Exit.interrupted]: ['goes-on', 'interrupted'],
};

/** `code: '…'` with the `exit:` of the same object. */
function* errorsIn(text: string): Generator<readonly [string, number]> {
  for (const [, code, body] of text.matchAll(/\bcode: '([a-z-]+)'((?:(?!\bcode: '|\n\s*\}\);|\n\s*\}\n)[\s\S])*)/g)) {
    const exit = /\bexit: (?:Exit\.(\w+)|(\d+))/.exec(body!);
    if (exit) yield [code!, exit[1] ? Exit[exit[1] as keyof typeof Exit] : Number(exit[2])];
  }
}

test('an error has an exit code of its own only where the table says so, and always the same', () => {
  const found = new Map<number, Set<string>>();
  for (const file of filesBelow('src', '.ts')) {
    for (const [code, exit] of errorsIn(textOf(file))) found.set(exit, (found.get(exit) ?? new Set()).add(code));
  }
  found.delete(Exit.failed);
  expect(Object.fromEntries([...found].map(([exit, codes]) => [exit, [...codes].sort()]))).toEqual(own);
});

test('every exit code is made by an end of a change, by an error, or by a command that says so', () => {
  const byCommands = [Exit.changes, Exit.usage, Exit.failed];
  const made = new Set<number>([...Object.values(exitOfOutcome), ...Object.keys(own).map(Number), ...byCommands]);
  expect([...made].sort((a, b) => a - b)).toEqual(Object.values(Exit));
});

test('every exit code has a meaning, and no two the same', () => {
  expect(Object.keys(exitCodeMeanings)).toEqual(Object.keys(Exit));
  expect(new Set(Object.values(exitCodeMeanings)).size).toBe(Object.keys(Exit).length);
});
