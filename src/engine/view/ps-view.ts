import type {EnvironmentStatus} from '../environment-status.ts';
import type {ReplicaRow, ShownReplicas} from '../show-replicas.ts';
import type {Look, Paint, Style, View} from './look.ts';
import {printable} from './printable.ts';
import {age, ago, bytes} from './quantities-view.ts';
import {type Column, table} from './tables.ts';
import {truncate} from './text-layout.ts';

/** Replicas with where and how they run, and the environment's state with why. */
export const psView: View<ShownReplicas> = {text: psText};

function psText(result: ShownReplicas, look: Look): string {
  const body =
    result.replicas.length > 0 ? table(result.replicas, psColumns(look), look) : 'No replicas. See: niyanta plan';
  const silent = result.unreachable.map(({host, error}) =>
    look.style.yellow(printable(`${host} does not answer: ${error}`)),
  );
  const ends = endLines(result.replicas, look);
  return [
    stateLine(result, look),
    '',
    body,
    ...(ends.length > 0 ? ['', ...ends] : []),
    ...(silent.length > 0 ? ['', ...silent] : []),
  ].join('\n');
}

/** `shop, environment default: degraded, backend 1 of 2`. */
function stateLine({stack, environment, state, why}: ShownReplicas, {style}: Look): string {
  const name = printable(`${stack}, environment ${environment}`);
  return `${style.bold(name)}: ${statePaint(state, style)(state)}${why && `, ${printable(why)}`}`;
}

/** Green for what is well, red for what is not. */
export function statePaint(state: EnvironmentStatus['state'], style: Style): Paint {
  return {pending: style.blue, running: style.green, stopped: style.dim, degraded: style.yellow, failed: style.red}[
    state
  ];
}

/** Why those that do not run, or did not all the time, ended: `hog 1 ended 5s ago: exit 1`. */
function endLines(rows: readonly ReplicaRow[], {style, now, columns}: Look): readonly string[] {
  return rows.flatMap(({service, replica, state, restarts, ended}) => {
    if (!ended || state === 'stopped' || (state === 'running' && restarts === 0)) return [];
    const when = ended.at === undefined ? '' : ` ${ago(ended.at, now)}`;
    const line = truncate(printable(`${service} ${replica} ended${when}: ${ended.reason}`), columns);
    return [ended.code === 0 ? line : style.yellow(line)];
  });
}

/** The columns of `ps`; on narrow terminals addresses, images and ports go first. */
function psColumns({style, now}: Look): Column<ReplicaRow>[] {
  const plain: Paint = text => text;
  const state = new Map<string, Paint>(
    Object.entries({
      running: style.green,
      failed: style.red,
      missing: style.red,
      stopped: style.dim,
    }),
  );
  const health = new Map<string, Paint>(
    Object.entries({healthy: style.green, unhealthy: style.red, starting: style.blue}),
  );
  return [
    {title: 'SERVICE', value: row => row.service, shrinkTo: 12, always: true},
    {title: '#', value: row => String(row.replica), align: 'right', always: true},
    {title: 'HOST', value: row => row.host, shrinkTo: 8, always: true},
    {title: 'STATE', value: row => row.state, paint: row => state.get(row.state) ?? style.yellow, always: true},
    {
      title: 'HEALTH',
      value: row => (row.health === 'none' ? '' : row.health),
      paint: row => health.get(row.health) ?? plain,
    },
    {
      title: 'RESTARTS',
      value: row => String(row.restarts),
      align: 'right',
      paint: row => (row.restarts ? style.yellow : plain),
    },
    {title: 'AGE', value: row => (row.startedAt ? age(row.startedAt, now) : ''), align: 'right'},
    {title: 'CPU', value: row => (row.cpu === undefined ? '' : cores(row.cpu)), align: 'right'},
    {title: 'MEMORY', value: memory, align: 'right'},
    {title: 'IMAGE', value: row => row.image, shrinkTo: 12, dropOrder: 2},
    {title: 'PORTS', value: row => row.ports.join(', '), shrinkTo: 8, dropOrder: 1},
    {title: 'ADDRESS', value: row => row.address, dropOrder: 3},
  ];
}

/** In percent of one core, as top says it. */
const cores = (cpu: number): string => `${(cpu * 100).toFixed(cpu < 0.1 ? 1 : 0)}%`;

function memory({memory, memoryLimit}: ReplicaRow): string {
  if (memory === undefined) return '';
  return memoryLimit ? `${bytes(memory)}/${bytes(memoryLimit)}` : bytes(memory);
}
