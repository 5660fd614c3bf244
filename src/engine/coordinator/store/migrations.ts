import {createHash} from 'node:crypto';
import {OutsideError} from '../../spec/errors.ts';

/** A step of the tables from one version to the next, and back. Never changed once it was released. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

export interface AppliedMigration {
  readonly number: number;
  readonly checksum: string;
}

export const checksumOf = ({up, down}: Migration): string =>
  createHash('sha256').update(`${up}\n${down}`).digest('hex').slice(0, 16);

/**
 * The steps that are still to be done, in order. Errors: OutsideError `database-newer`, a later version made the tables;
 * `database-changed`, a step was done that is not the one known by its number.
 */
export function outstanding(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  place: string,
): readonly Migration[] {
  const newest = known.at(-1)?.number ?? 0;
  for (const {number, checksum} of applied) {
    const migration = known.find(each => each.number === number);
    if (!migration) throw newer(place, number, newest);
    if (checksumOf(migration) !== checksum) throw changed(place, migration);
  }
  return known.filter(({number}) => !applied.some(each => each.number === number));
}

const newer = (place: string, number: number, newest: number) =>
  new OutsideError({
    code: 'database-newer',
    message: `${place} has tables of version ${number}; this niyanta knows up to version ${newest}`,
    hint: 'A newer niyanta made them: use that one here, too, or restore a backup from before.',
  });

const changed = (place: string, {number, name}: Migration) =>
  new OutsideError({
    code: 'database-changed',
    message: `${place}: step ${number} (${name}) of its tables is not the one that this niyanta knows`,
    hint: 'An unreleased niyanta made them: use that one, or an empty database.',
  });
