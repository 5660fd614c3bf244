import type {ReplicaFigures} from '../figures.ts';
import {figureColumns, silentLines, summaryLine} from './figures-view.ts';
import type {Look} from './look.ts';
import {printable} from './printable.ts';
import {table} from './tables.ts';
import {truncate} from './text-layout.ts';
import {selection, sortedRows, type TopModel} from './top-model.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['↑ ↓  k j', 'select a replica'],
  ['g G', 'the first, the last'],
  ['s', 'sort by name, CPU, memory, restarts'],
  ['l', 'show or hide the log of the selected one'],
  ['p  space', 'hold still, and go on'],
  ['?  h', 'these keys; any key closes them'],
  ['q  Ctrl-C', 'leave'],
];

/** Lines of the log that are always left to the table's sake, and the other way round. */
const fewest = 3;

/** The screen as lines, none wider than the look, no more than `rows` of them. */
export function topFrame(model: TopModel, look: Look, rows: number): readonly string[] {
  const {figures} = model;
  const foot = look.style.dim(truncate(footText(model), look.columns));
  if (model.showsKeys) return fill([look.style.bold('Keys'), '', ...keyLines(look)], foot, rows);
  if (!figures) return fill(['asking the hosts …'], foot, rows);
  const head = [summaryLine(figures, look), ...silentLines(figures, look).filter(Boolean), ''];
  const room = Math.max(fewest, rows - head.length - 1);
  const listed = sortedRows(model);
  const {index, row} = selection(model);
  const wanted = model.showsLogs && row ? Math.max(fewest + 1, room - listed.length - 2) : 0;
  const forLogs = Math.min(wanted, Math.max(0, room - fewest - 1));
  const body =
    listed.length === 0 ? ['No replicas. See: niyanta plan'] : tableLines(listed, index, look, room - forLogs);
  return fill([...head, ...body, ...(forLogs > 1 ? logLines(model, row!, look, forLogs) : [])], foot, rows);
}

function footText({order, paused}: TopModel): string {
  return `${paused ? 'held still · ' : ''}by ${order} · ? keys · q leave`;
}

const keyLines = ({style, columns}: Look): readonly string[] =>
  KEYS.map(([keys, what]) => `  ${style.bold(keys.padEnd(10))} ${truncate(what, Math.max(1, columns - 13))}`);

/** The part of the table around the selected row that fits, its row marked. */
function tableLines(rows: readonly ReplicaFigures[], selected: number, look: Look, room: number): readonly string[] {
  const [header = '', ...lines] = table(rows, figureColumns(look.style), {...look, columns: look.columns - 2}).split(
    '\n',
  );
  const count = Math.max(1, room - 1);
  const from = Math.max(0, Math.min(selected - Math.floor(count / 2), lines.length - count));
  const shown = lines
    .slice(from, from + count)
    .map((line, i) => `${from + i === selected ? look.style.bold('▸ ') : '  '}${line}`);
  return [`  ${header}`, ...shown];
}

function logLines({logs}: TopModel, row: ReplicaFigures, {style, columns}: Look, room: number): readonly string[] {
  const title = `─ ${printable(`${row.service} ${row.replica}`)} `;
  const head = style.dim(truncate(title.padEnd(columns === Number.POSITIVE_INFINITY ? 40 : columns, '─'), columns));
  const own = logs.container === row.container ? logs.lines : [];
  const lines =
    own.length === 0
      ? [style.dim(row.container === '' ? 'no container' : 'printed nothing yet')]
      : own.slice(-(room - 1)).map(line => truncate(printable(line), columns));
  return [head, ...lines];
}

/** The foot stands in the last row. */
function fill(lines: readonly string[], foot: string, rows: number): readonly string[] {
  const body = lines.slice(0, Math.max(0, rows - 1));
  const empty = Array.from({length: Math.max(0, rows - 1 - body.length)}, () => '');
  return [...body, ...empty, foot];
}
