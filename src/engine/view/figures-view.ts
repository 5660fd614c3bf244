import type {Figures, ReplicaFigures} from '../figures.ts';
import type {Look, Paint, Style, View} from './look.ts';
import {printable} from './printable.ts';
import {bytes, counted} from './quantities-view.ts';
import {type Column, table} from './tables.ts';
import {truncate} from './text-layout.ts';

/** `stats`, and `top` without a terminal. */
export const figuresView: View<Figures> = {
  text: (figures, look) => {
    const body =
      figures.replicas.length > 0
        ? table(figures.replicas, figureColumns(look.style), look)
        : 'No replicas. See: niyanta plan';
    return [summaryLine(figures, look), '', body, ...silentLines(figures, look)].join('\n');
  },
};

/** `shop, environment default: 4 of 5 replicas run, 0.42 cores, 310 MiB`. */
export function summaryLine({stack, environment, replicas}: Figures, {style, columns}: Look): string {
  const running = replicas.filter(({state}) => state === 'running');
  const name = printable(`${stack}, environment ${environment}`);
  const cpu = sum(running.map(row => row.cpu));
  const memory = sum(running.map(row => row.memory));
  const rest = `: ${running.length} of ${counted(replicas.length, 'replica')} run, ${cpu.toFixed(2)} cores, ${bytes(memory)}`;
  const line = truncate(`${name}${rest}`, columns);
  return `${style.bold(line.slice(0, name.length))}${line.slice(name.length)}`;
}

export const silentLines = ({unreachable}: Figures, {style, columns}: Look): readonly string[] =>
  unreachable.length === 0
    ? []
    : ['', style.yellow(truncate(printable(`no answer from ${unreachable.join(', ')}`), columns))];

const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** Columns of a table of replicas; on narrow terminals those of least use go first. */
export function figureColumns(style: Style): Column<ReplicaFigures>[] {
  const plain: Paint = text => text;
  return [
    {title: 'SERVICE', value: row => row.service, shrinkTo: 10, always: true},
    {title: '#', value: row => String(row.replica), align: 'right', always: true},
    {title: 'HOST', value: row => row.host, shrinkTo: 6, dropOrder: 4, always: true},
    {title: 'STATE', value: row => row.state, paint: row => statePaint(row.state, style), dropOrder: 1, always: true},
    {title: 'CPU', value: row => percent(row.cpu), align: 'right', dropOrder: 2, always: true},
    {
      title: 'MEMORY',
      value: row => (row.memory === undefined ? '' : bytes(row.memory)),
      align: 'right',
      dropOrder: 3,
      always: true,
    },
    {
      title: 'LIMIT',
      value: row => (row.memoryLimit === undefined ? '' : bytes(row.memoryLimit)),
      align: 'right',
      dropOrder: 7,
    },
    {
      title: 'MEM%',
      value: memoryShare,
      align: 'right',
      dropOrder: 8,
      paint: row => (share(row) > 0.9 ? style.red : plain),
    },
    {
      title: 'RESTARTS',
      value: row => String(row.restarts),
      align: 'right',
      always: true,
      dropOrder: 5,
      paint: row => (row.restarts > 0 ? style.yellow : plain),
    },
    {
      title: 'OOM',
      value: row => (row.oomKills ? String(row.oomKills) : ''),
      align: 'right',
      dropOrder: 6,
      paint: () => style.red,
    },
  ];
}

function statePaint(state: ReplicaFigures['state'], style: Style): Paint {
  if (state === 'running') return style.green;
  if (state === 'failed' || state === 'missing') return style.red;
  return state === 'stopped' ? style.dim : style.yellow;
}

/** In percent of one core, as top says it. */
const percent = (cpu: number | undefined): string =>
  cpu === undefined ? '' : `${(cpu * 100).toFixed(cpu < 0.1 ? 1 : 0)}%`;

const share = ({memory, memoryLimit}: ReplicaFigures): number =>
  memory === undefined || !memoryLimit ? 0 : memory / memoryLimit;

const memoryShare = (row: ReplicaFigures): string =>
  row.memoryLimit === undefined || row.memory === undefined ? '' : `${Math.round(share(row) * 100)}%`;
