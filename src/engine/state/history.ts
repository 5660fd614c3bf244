import {UserError} from '../spec/errors.ts';
import type {HistoryEntry} from './lock-file.ts';

/** So many of the newest entries keep their stack, for `rollback --to`. */
export const KEPT_SNAPSHOTS = 50;
/** So many entries are kept at all. */
export const KEPT_ENTRIES = 500;
/** And so many in the copies on hosts, so many of them with their stack. */
export const KEPT_ENTRIES_ON_HOSTS = 50;
export const KEPT_STACKS_ON_HOSTS = 5;

/** The history with one entry more, newest last, within bounds. */
export function appendHistory(history: readonly HistoryEntry[], entry: HistoryEntry): readonly HistoryEntry[] {
  const all = [...history, entry].slice(-KEPT_ENTRIES);
  return all.map((old, index) => (index < all.length - KEPT_SNAPSHOTS ? withoutStack(old) : old));
}

/** An entry that can be read, but not gone back to. */
export function withoutStack(entry: HistoryEntry): HistoryEntry {
  const {stack: _, images: __, ...rest} = entry;
  return rest;
}

/** The entry of a serial, with its stack. Errors: UserError `unknown-serial`, `serial-too-old`. */
export function findSerial(
  history: readonly HistoryEntry[],
  serial: number,
): HistoryEntry & Required<Pick<HistoryEntry, 'stack'>> {
  const entry = history.find(candidate => candidate.serial === serial);
  const withStack = history.filter(candidate => candidate.stack).map(candidate => candidate.serial);
  const hint =
    withStack.length > 0 ? `Serials to go back to: ${withStack.join(', ')}.` : 'There is none to go back to.';
  if (entry === undefined)
    throw new UserError({code: 'unknown-serial', message: `the history has no serial ${serial}`, hint});
  if (entry.stack === undefined)
    throw new UserError({code: 'serial-too-old', message: `the stack of serial ${serial} is no longer kept`, hint});
  return {...entry, stack: entry.stack};
}

const verbs = {create: 'created', update: 'updated', replace: 'replaced', delete: 'deleted'} as const;

/** Counts as history tells them: `2 created, 1 replaced`; `nothing changed` when all are 0. */
export function summaryText(counts: Readonly<Record<keyof typeof verbs, number>>): string {
  const parts = Object.entries(verbs).flatMap(([action, verb]) => {
    const count = counts[action as keyof typeof verbs];
    return count > 0 ? [`${count} ${verb}`] : [];
  });
  return parts.join(', ') || 'nothing changed';
}
