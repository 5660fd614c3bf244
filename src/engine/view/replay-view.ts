import type {JournalRecord} from '../executor/journal-record.ts';
import type {RunRow, RunState} from '../replay-run.ts';
import {TOLD} from './apply-view.ts';
import {eventJson} from './event-json.ts';
import {eventLines} from './event-lines.ts';
import type {Look, Paint, View} from './look.ts';
import {printable} from './printable.ts';
import {ago, counted, duration} from './quantities-view.ts';
import {table} from './tables.ts';
import {padLeft} from './text-layout.ts';

/** `events --list`. */
export const runsView: View<readonly RunRow[]> = {text: runsText, json: runs => ({runs})};

function runsText(runs: readonly RunRow[], look: Look): string {
  if (runs.length === 0) return 'No runs yet. See: niyanta apply';
  return table(
    runs,
    [
      {title: 'RUN', value: row => row.run},
      {title: 'WHEN', value: row => ago(row.at, look.now)},
      {title: 'WHO', value: row => row.who, shrinkTo: 12},
      {title: 'ACTION', value: row => row.action},
      {title: 'OUTCOME', value: row => row.state.replaceAll('-', ' '), paint: row => statePaint(row.state, look)},
      {title: 'DONE', value: ({done, total}) => `${done} of ${total}`, align: 'right'},
      {title: 'TOOK', value: row => duration(row.durationMs), align: 'right'},
    ],
    look,
  );
}

function statePaint(state: RunState, {style}: Look): Paint {
  if (state === 'applied' || state === 'unchanged') return style.green;
  if (state === 'under-way') return style.cyan;
  return ['cancelled', 'partly-applied', 'interrupted', 'undone', 'partly-undone'].includes(state)
    ? style.yellow
    : style.red;
}

/** The lines of a run as it is replayed: each with how long after the beginning it happened. */
export class ReplayWriter {
  readonly #look: Look;
  readonly #titles = new Map<string, string>();
  #began = 0;

  constructor(look: Look) {
    this.#look = look;
  }

  lines(record: JournalRecord): string[] {
    if (record.type === 'operation-started') this.#titles.set(record.operation, record.title);
    if (record.type === 'begin') {
      this.#began = Date.parse(record.at);
      for (const {id, title} of record.operations) this.#titles.set(id, title);
      return [beginLine(record, this.#look)];
    }
    const offset = `+${(Math.max(0, Date.parse(record.at) - this.#began) / 1000).toFixed(3)}s`;
    const prefix = this.#look.style.dim(padLeft(offset, 10));
    return this.#told(record).map((line, i) => `${i === 0 ? prefix : ' '.repeat(10)}  ${line}`);
  }

  #told(record: Exclude<JournalRecord, {type: 'begin'}>): string[] {
    const {style} = this.#look;
    switch (record.type) {
      case 'commit-started':
        return [style.dim('what was replaced is removed')];
      case 'undo-started':
        return [style.yellow(`taken back by ${printable(record.who)}`)];
      case 'undo-ended':
        return [
          record.outcome.replaceAll('-', ' '),
          ...record.left.map(text => style.yellow(`left: ${printable(text)}`)),
        ];
      case 'superseded':
        return [style.dim(`a later run went on from here: ${printable(record.by)}`)];
      case 'result':
        return [
          TOLD[record.outcome],
          ...(record.leftovers ?? []).map(text => style.yellow(`left behind: ${printable(text)}`)),
        ];
      default:
        return eventLines(record, this.#titles, this.#look);
    }
  }
}

function beginLine({run, at, who, action, operations}: Extract<JournalRecord, {type: 'begin'}>, {style}: Look): string {
  const rest = `by ${printable(who)}, ${printable(at)}, ${counted(operations.length, 'operation')}`;
  return `${style.bold(`${action} ${printable(run)}`)} ${rest}`;
}

/** How a run stands that has not ended; nothing for one that has, since its last event said so. */
export function standText({state, action, done, total, run}: RunRow): string | undefined {
  const far = `${done} of ${counted(total, 'operation')} done`;
  if (state === 'under-way') return `under way, ${far}; follow it with: niyanta events -f`;
  if (state !== 'interrupted') return undefined;
  const goOn = `niyanta ${action === 'scale' ? 'apply --resume' : action}`;
  return `interrupted, ${far}: nobody wrote down how run ${printable(run)} ended; ${goOn} goes on from what the hosts run`;
}

/** A record as `--json` prints it: as `apply --json` did, and first what was going to be done. */
export function recordJson(record: JournalRecord): object {
  if (record.type === 'begin') {
    const {type, at, run, who, action, fence, serial, services, operations} = record;
    const planned = operations.map(({id, key, title, host, after}) => ({id, key, title, host, after}));
    return {type, at, run, who, action, fence, serial, services, operations: planned};
  }
  return record.type === 'result' ? eventJson(record) : record;
}
