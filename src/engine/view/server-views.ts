import type {Schemas} from '../client/api-client.ts';
import type {View} from './look.ts';
import {printable} from './printable.ts';
import {bytes} from './quantities-view.ts';
import {table} from './tables.ts';
import {age} from './workloads-view.ts';

interface List<T> {
  readonly items: readonly T[];
}

/** `worker ls`, `drain`, `undrain`. */
export const workersView: View<List<Schemas['Worker']>> = {
  text: ({items}, look) =>
    items.length === 0
      ? 'No hosts. See: niyanta host add'
      : table(
          items,
          [
            {title: 'HOST', value: row => row.name, shrinkTo: 8},
            {
              title: 'STATE',
              value: row => (row.drained ? 'drained' : row.condition),
              paint: row =>
                row.condition === 'lost' ? look.style.red : row.drained ? look.style.blue : look.style.green,
            },
            {title: 'RUNS', value: row => String(row.running), align: 'right'},
            {title: 'CPU', value: row => String(row.capacity.cpu), align: 'right'},
            {title: 'MEMORY', value: row => bytes(row.capacity.memory), align: 'right'},
            {title: 'GPU', value: row => (row.capacity.gpu > 0 ? String(row.capacity.gpu) : ''), align: 'right'},
            {title: 'REGION', value: row => row.region ?? '', dropOrder: 2},
            {title: 'SEEN', value: row => age(row.seenAt, look), align: 'right', dropOrder: 1},
            {title: 'PROBLEM', value: row => row.unusable ?? '', shrinkTo: 12},
          ],
          look,
        ),
  json: ({items}) => ({workers: items}),
};

/** `schedule ls`, `suspend`, `resume`. */
export const schedulesView: View<List<Schemas['Schedule']>> = {
  text: ({items}, look) =>
    items.length === 0
      ? 'No schedules. A workload with a schedule becomes one: niyanta submit FILE'
      : table(
          items,
          [
            {title: 'ID', value: row => row.id},
            {title: 'NAME', value: row => row.name, shrinkTo: 8},
            {title: 'CRON', value: row => row.cron},
            {title: 'TIME ZONE', value: row => row.timeZone, dropOrder: 1},
            {title: 'MISSED', value: row => row.missed, dropOrder: 3},
            {title: 'VERSIONS', value: versionsText, shrinkTo: 8},
            {title: 'STATE', value: row => (row.suspended ? 'suspended' : '')},
            {title: 'CUSTOMER', value: row => row.customer, dropOrder: 2},
          ],
          look,
        ),
  json: ({items}) => ({schedules: items}),
};

const versionsText = ({versions = []}: Schemas['Schedule']): string =>
  versions.map(({version, weight}) => `${version ?? ''}=${weight}`).join(',');

/** `checkpoint ls`, `take`. */
export const checkpointsView: View<List<Schemas['Checkpoint']>> = {
  text: ({items}, look) =>
    items.length === 0
      ? 'No checkpoints.'
      : table(
          items,
          [
            {title: 'NUMBER', value: row => String(row.number), align: 'right'},
            {title: 'TRY', value: row => String(row.attempt), align: 'right'},
            {title: 'WHY', value: row => row.why},
            {title: 'PROGRESS', value: row => (row.progress === undefined ? '' : `${row.progress}%`), align: 'right'},
            {title: 'SIZE', value: row => bytes(row.size), align: 'right'},
            {title: 'STORED', value: row => row.stored, dropOrder: 1},
            {title: 'AGE', value: row => age(row.takenAt, look), align: 'right'},
            {
              title: 'PROBLEM',
              value: row => row.corrupt ?? (row.aside ? 'set aside' : ''),
              paint: () => look.style.red,
              shrinkTo: 12,
            },
          ],
          look,
        ),
  json: ({items}) => ({checkpoints: items}),
};

/** `customer ls`, `add`, `set`. */
export const customersView: View<List<Schemas['Customer']>> = {
  text: ({items}, look) =>
    table(
      items,
      [
        {title: 'CUSTOMER', value: row => row.id, shrinkTo: 10},
        {title: 'NAME', value: row => row.name, shrinkTo: 8, dropOrder: 2},
        {title: 'TIER', value: row => row.tier},
        {title: 'LIMITS', value: row => limitsText(row.limits), shrinkTo: 16},
        {title: 'STATE', value: row => (row.suspended ? 'suspended' : ''), paint: () => look.style.yellow},
        {title: 'CORE-SECONDS', value: row => String(Math.round(row.used)), align: 'right', dropOrder: 1},
      ],
      look,
    ),
  json: ({items}) => ({customers: items}),
};

const limitsText = ({memory, files, rate, ...counts}: Schemas['Customer']['limits']): string =>
  [
    ...Object.entries(counts).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])),
    ...(memory === undefined ? [] : [`memory ${bytes(memory)}`]),
    ...(files === undefined ? [] : [`files ${bytes(files)}`]),
    ...(rate === undefined ? [] : [`${rate.perSecond}/s`]),
  ].join(', ');

/** `key ls`. */
export const keysView: View<List<Schemas['Key']>> = {
  text: ({items}, look) =>
    table(
      items,
      [
        {title: 'ID', value: row => row.id},
        {title: 'KEY', value: row => `nyk_${row.prefix}_…`, dropOrder: 2},
        {title: 'ROLE', value: row => row.role},
        {title: 'CUSTOMER', value: row => row.customer ?? '', shrinkTo: 8},
        {title: 'SCOPES', value: row => row.scopes?.join(',') ?? '', shrinkTo: 10},
        {title: 'NOTE', value: row => row.note ?? '', shrinkTo: 8, dropOrder: 1},
        {title: 'STATE', value: row => keyState(row, look.now)},
      ],
      look,
    ),
  json: ({items}) => ({keys: items}),
};

function keyState({revokedAt, expiresAt}: Schemas['Key'], now: Date): string {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt === undefined) return '';
  const left = Date.parse(expiresAt) - now.getTime();
  if (left <= 0) return 'expired';
  return `until ${left < 2 * 86_400_000 ? expiresAt.slice(0, 16).replace('T', ' ') : expiresAt.slice(0, 10)}`;
}

/** `key add`. */
export const createdKeyView: View<Schemas['CreatedKey']> = {
  text: ({key, role, customer}, {style}) =>
    [
      `${style.bold(printable(key))}`,
      style.dim(
        `${role}${customer === undefined ? '' : ` of ${customer}`}; it is shown this once. Set NIYANTA_API_KEY to it.`,
      ),
    ].join('\n'),
};

/** What was removed, by its id. */
export const removedView: View<{readonly removed: string}> = {text: ({removed}) => `removed ${printable(removed)}`};
