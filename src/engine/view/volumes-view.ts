import type {BackUpRow} from '../back-up-volumes.ts';
import type {BackupRow, VolumeRow} from '../list-volumes.ts';
import type {Restore} from '../restore-volume.ts';
import type {BackupManifest} from '../runtime/backup/backup-manifest.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {ago, bytes} from './quantities-view.ts';
import {table} from './tables.ts';

/** `volume ls`. */
export const volumesView: View<readonly VolumeRow[]> = {text: volumesText, json: volumes => ({volumes})};

function volumesText(rows: readonly VolumeRow[], look: Look): string {
  if (rows.length === 0) return 'No volumes yet. See: niyanta apply';
  const list = table(
    rows,
    [
      {title: 'VOLUME', value: row => row.volume},
      {title: 'HOST', value: row => row.host},
      {title: 'SIZE', value: row => (row.bytes === undefined ? '' : bytes(row.bytes)), align: 'right'},
      {title: 'SERVICES', value: row => row.services.join(', '), shrinkTo: 8, dropOrder: 2},
      {title: 'LAST BACKUP', value: row => lastText(row, look), always: true},
      {title: 'NEXT DUE', value: row => dueText(row, look)},
      {title: 'TO', value: row => row.to ?? '', shrinkTo: 10, dropOrder: 1},
    ],
    look,
  );
  const problems = rows.flatMap(({volume, host, problem}) =>
    problem === undefined ? [] : [look.style.red(printable(`${volume} on ${host}: ${problem}`))],
  );
  return [list, ...(problems.length > 0 ? ['', ...problems] : [])].join('\n');
}

function lastText({last, to, problem}: VolumeRow, look: Look): string {
  if (to === undefined) return 'not backed up';
  if (problem !== undefined) return 'unknown';
  if (!last) return 'never';
  return `${ago(last.startedAt, look.now)}${last.verified?.ok ? ', verified' : ''}`;
}

function dueText({due}: VolumeRow, {now}: Look): string {
  if (due === undefined) return '';
  return new Date(due) <= now ? 'now' : minute(due);
}

const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')}Z`;

/** `volume ls --backups`. */
export const backupsView: View<readonly BackupRow[]> = {text: backupsText, json: backups => ({backups})};

function backupsText(rows: readonly BackupRow[], look: Look): string {
  if (rows.length === 0) return 'No backups yet. See: niyanta volume backup';
  return table(
    rows,
    [
      {title: 'BACKUP', value: row => row.id},
      {title: 'VOLUME', value: row => row.volume},
      {title: 'MADE', value: row => ago(row.startedAt, look.now)},
      {title: 'SIZE', value: row => bytes(row.stored), align: 'right'},
      {title: 'KIND', value: row => row.kind, dropOrder: 2},
      {title: 'HOST', value: row => row.host, dropOrder: 1},
      {
        title: 'VERIFIED',
        value: verifiedText,
        shrinkTo: 12,
        paint: row => (row.verified?.ok === false ? look.style.red : same),
        always: true,
      },
    ],
    look,
  );
}

const same = (text: string): string => text;

const verifiedText = ({verified}: BackupRow): string =>
  verified ? `${verified.ok ? 'yes' : 'FAILED'}: ${verified.detail}` : 'not yet';

/** `volume backup`. */
export const backUpView: View<readonly BackUpRow[]> = {text: backUpText, json: rows => ({backups: rows})};

function backUpText(rows: readonly BackUpRow[], {style}: Look): string {
  if (rows.length === 0) return 'Nothing is due.';
  return rows
    .flatMap(({volume, host, outcome, backup, removed, notes, error}) => {
      const name = printable(`${volume} on ${host}`);
      if (outcome === 'failed' || !backup) {
        return [
          style.red(`${name}: ${printable(error?.message ?? '')}`),
          ...(error?.hint ? [`  → ${printable(error.hint)}`] : []),
        ];
      }
      const size = `${bytes(backup.bytes)}, ${bytes(backup.stored)} stored`;
      const checked = backup.verified ? `; verified: ${printable(backup.verified.detail)}` : '';
      const gone = removed.length > 0 ? `; ${removed.length} older removed` : '';
      return [
        `${name}: ${backup.id}, ${size}${checked}${gone}`,
        ...notes.map(note => style.yellow(`  ${printable(note)}`)),
      ];
    })
    .join('\n');
}

/** `volume verify`. */
export const verifiedView: View<BackupManifest> = {
  text: ({id, volume, verified}) => printable(`${id} of ${volume} is good: ${verified?.detail ?? ''}`),
};

/** What a restore is going to do, before it is agreed to. */
export function restoreText({volume, host, backup, stops, notes}: Restore, {style, now}: Look): string {
  const what =
    backup.kind === 'files' ? 'files' : backup.kind === 'pg_dump' ? `database ${backup.postgres?.database}` : 'data';
  return [
    printable(
      `Restore ${what} of ${volume} on ${host} from ${backup.id}, made ${ago(backup.startedAt, now)} of environment ${backup.environment}.`,
    ),
    stops.length > 0
      ? printable(`Stops meanwhile: ${stops.join(', ')}.`)
      : 'Nothing is stopped; open sessions end when the data is exchanged.',
    backup.verified?.ok
      ? printable(`It was verified: ${backup.verified.detail}.`)
      : style.yellow('It was not verified yet.'),
    ...notes.map(note => style.yellow(printable(note))),
  ].join('\n');
}

/** `volume restore`. */
export const restoredView: View<Restore> = {
  text: ({volume, host, environment, backup, notes}) =>
    printable(
      `${volume} on ${host}, environment ${environment}, has the data of ${backup.id} now${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`,
    ),
};
