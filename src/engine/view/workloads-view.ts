import type {Schemas} from '../client/api-client.ts';
import type {Submitted} from '../client/submit-workloads.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {duration} from './quantities-view.ts';
import {table} from './tables.ts';
import {hanging} from './text-layout.ts';
import {statePaint} from './workload-view.ts';

type Summary = Schemas['WorkloadSummary'];

/** `submit`. */
export const submittedView: View<Submitted> = {
  text: ({workloads, schedules}, {style}) =>
    [
      ...workloads.map(
        ({id, name, doubled}) => `${id}  ${style.bold(printable(name))}${doubled ? '  (was submitted before)' : ''}`,
      ),
      ...schedules.map(({id, name}) => `${id}  ${style.bold(printable(name))}  (schedule)`),
    ].join('\n'),
};

/** `workload ls`. */
export const workloadsView: View<{readonly items: readonly Summary[]; readonly next?: string}> = {
  text: ({items, next}, look) =>
    items.length === 0
      ? 'No workloads. See: niyanta submit FILE'
      : [workloadTable(items, look), ...(next === undefined ? [] : [look.style.dim(`more: --after ${next}`)])].join(
          '\n',
        ),
  json: ({items, next}) => ({workloads: items, ...(next !== undefined && {next})}),
};

const workloadTable = (items: readonly Summary[], look: Look): string =>
  table(
    items,
    [
      {title: 'ID', value: row => row.id},
      {title: 'NAME', value: row => (row.version === undefined ? row.name : `${row.name} ${row.version}`), shrinkTo: 8},
      {title: 'STATE', value: row => row.state, paint: row => statePaint(row.state, look)},
      {title: 'HOST', value: row => row.worker ?? '', shrinkTo: 6, dropOrder: 3},
      {title: 'TRY', value: row => (row.attempt > 1 ? String(row.attempt) : ''), align: 'right', dropOrder: 4},
      {title: 'AGE', value: row => age(row.acceptedAt, look), align: 'right', dropOrder: 2},
      {title: 'WHY', value: row => row.reason ?? '', shrinkTo: 10, dropOrder: 1},
    ],
    look,
  );

export const age = (at: string, {now}: Pick<Look, 'now'>): string => {
  const ms = Math.max(0, now.getTime() - Date.parse(at));
  return duration(ms < 60_000 ? Math.floor(ms / 1000) * 1000 : Math.floor(ms / 60_000) * 60_000);
};

/** `workload show`. */
export const workloadView: View<{
  readonly workload: Schemas['Workload'];
  readonly attempts: readonly Schemas['Attempt'][];
  readonly result?: unknown;
  readonly files: readonly string[];
}> = {
  text: ({workload, attempts, result, files}, look) => {
    const {style, columns} = look;
    const facts: readonly (readonly [string, string | undefined])[] = [
      ['state', `${workload.state}${workload.wanted ? ` (${workload.wanted} was asked for)` : ''}`],
      ['why', workload.reason],
      ['host', workload.worker],
      ['exit code', workload.exitCode?.toString()],
      ['progress', workload.progress === undefined ? undefined : `${workload.progress}%`],
      ['customer', workload.customer],
      ['priority', String(workload.priority)],
      ['accepted', workload.acceptedAt],
      ['started', workload.startedAt],
      ['ended', workload.endedAt],
      ['waits for', workload.waitsFor.map(({id, on}) => `${id} (${on})`).join(', ') || undefined],
      ['outputs', workload.outputs.join(', ') || undefined],
      ['result', result === undefined ? undefined : JSON.stringify(result)],
      ['wrote', files.join(', ') || undefined],
    ];
    const lines = facts.flatMap(([name, value]) =>
      value === undefined ? [] : hanging(`  ${name.padEnd(10)}  `, printable(value), columns),
    );
    const head = `${style.bold(printable(workload.name))} ${printable(workload.version ?? '')}`.trimEnd();
    const tries =
      attempts.length === 0
        ? []
        : [
            '',
            table(
              attempts,
              [
                {title: 'TRY', value: row => String(row.attempt), align: 'right'},
                {title: 'HOST', value: row => row.worker, shrinkTo: 6},
                {title: 'STATE', value: row => row.outcome ?? row.state},
                {title: 'EXIT', value: row => row.exitCode?.toString() ?? '', align: 'right'},
                {title: 'PLACED', value: row => row.placedAt, dropOrder: 1},
                {title: 'WHY', value: row => row.reason, shrinkTo: 12},
              ],
              look,
            ),
          ];
    return [
      `${head}: ${statePaint(workload.state, look)(workload.state)}`,
      `  ${style.dim(workload.id)}`,
      ...lines,
      ...tries,
    ].join('\n');
  },
};

/** `why ID`. */
export const whyView: View<Schemas['Why']> = {
  text: ({state, text, waits, rejected, position}, look) =>
    [
      statePaint(state, look)(printable(text)),
      ...waits.flatMap(wait => hanging('  waits: ', printable(wait), look.columns)),
      ...rejected.flatMap(({reason, workers, some}) =>
        hanging(
          `  ${workers} ${workers === 1 ? 'host' : 'hosts'}: `,
          printable(`${reason}${some.length > 0 ? ` (${some.join(', ')})` : ''}`),
          look.columns,
        ),
      ),
      ...(position === undefined ? [] : [`  place in line: ${position}`]),
    ].join('\n'),
};

/** `workload cancel`, `pause`, `resume`, `retry`. */
export const wishedView: View<readonly Summary[]> = {
  text: (items, look) =>
    items
      .map(({id, name, state, wanted}) => {
        const soon = wanted ? `, ${wanted} was asked for` : '';
        return `${id}  ${look.style.bold(printable(name))}  ${statePaint(state, look)(state)}${soon}`;
      })
      .join('\n'),
  json: items => ({workloads: items}),
};
