import type {ApplyResult} from '../executor/events.ts';
import type {OperationRow} from '../executor/run-rows.ts';
import type {Look, Paint, View} from './look.ts';
import {printable} from './printable.ts';
import {counted, duration} from './quantities-view.ts';
import {hanging} from './text-layout.ts';

/** How a change ended, what became of each operation, and what to type next. */
export interface ApplySummary extends Omit<ApplyResult, 'operations'> {
  /** The verb of the command: `apply`, `destroy`, `restart`. */
  readonly action: string;
  readonly environment: string;
  readonly durationMs: number;
  readonly rows: readonly OperationRow[];
  /** Commands that make sense after success: `niyanta ps`, `niyanta logs backend`. */
  readonly next: readonly string[];
}

/** The last lines of a change; its JSON is its last event: see `eventJson`. */
export const applyView: View<ApplySummary> = {text: applyText};

/** How each outcome is told, first of all. */
export const TOLD: Readonly<Record<ApplyResult['outcome'], string>> = {
  unchanged: 'Nothing to change',
  applied: 'Applied',
  'rolled-back': 'Failed and rolled back: what ran before runs again',
  'rollback-failed': 'Failed, and rolling back failed as well',
  'partly-applied': 'Applied in part',
  failed: 'Failed',
  cancelled: 'Cancelled: what was begun has been ended cleanly',
};

/** More lines of a list than fit a screen beside the rest. */
const LISTED = 12;

function applyText(summary: ApplySummary, look: Look): string {
  const {style, columns} = look;
  const failures = summary.rows.flatMap(({id, title, error}) =>
    error ? hanging('  ✗ ', printable(`${title ?? id}: ${error.message}`), columns).map(style.red) : [],
  );
  return [
    ...hanging('', `${headline(summary)}.`, columns).map(paintOf(summary, look)),
    ...failures,
    ...doneAndNot(summary, look),
    ...leftovers(summary, look),
    ...list(
      'in quarantine (lost on the way; an apply catches up when they answer)',
      summary.lost ?? [],
      look,
      style.yellow,
    ),
    ...nextSteps(summary).map(step => `  ${style.cyan('→')} ${printable(step)}`),
  ].join('\n');
}

/** `Applied in part, environment staging (3 of 7 operations, 12s, serial 5)`. */
export function headline({outcome, environment, rows, durationMs, serial}: ApplySummary): string {
  const done = rows.filter(row => row.outcome === 'done').length;
  const undone = rows.filter(row => row.undone).length;
  const back = undone > 0 ? `, ${undone} taken back` : '';
  const detail = ` (${done} of ${counted(rows.length, 'operation')}${back}, ${duration(durationMs)}, serial ${serial})`;
  return `${TOLD[outcome]}, environment ${printable(environment)}${outcome === 'unchanged' ? '' : detail}`;
}

/** What was done and stays, and what was not: where a change stopped on its way. */
function doneAndNot({outcome, rows}: ApplySummary, look: Look): string[] {
  if (outcome !== 'partly-applied' && outcome !== 'cancelled') return [];
  const titles = (which: (row: OperationRow) => boolean) => rows.filter(which).map(({id, title}) => title ?? id);
  return [
    ...list(
      'done',
      titles(row => row.outcome === 'done'),
      look,
    ),
    ...list(
      'not done',
      titles(row => row.outcome !== 'done' && row.error === undefined),
      look,
    ),
  ];
}

/** What is in a state that nobody asked for, and where. */
function leftovers({outcome, leftovers = []}: ApplySummary, look: Look): string[] {
  return list(outcome === 'rollback-failed' ? 'not taken back' : 'left behind', leftovers, look, look.style.yellow);
}

function list(title: string, texts: readonly string[], {style, columns}: Look, paint: Paint = text => text): string[] {
  if (texts.length === 0) return [];
  const shown = texts.slice(0, texts.length > LISTED ? LISTED - 1 : LISTED);
  const more = texts.length - shown.length;
  return [
    `  ${style.bold(`${title}:`)}`,
    ...shown.flatMap(text => hanging('    ', printable(text), columns)).map(paint),
    ...(more > 0 ? [style.dim(`    and ${more} more`)] : []),
  ];
}

/** What does the rest of those that cannot be said again as they were. */
const AGAIN: Readonly<Record<string, string>> = {rollback: 'apply', scale: 'apply --resume', 'volume:move': 'apply'};

/** What to type next, by how it ended. */
export function nextSteps({outcome, action, environment, next}: ApplySummary): readonly string[] {
  const env = environment === 'default' ? '' : ` --env ${environment}`;
  const again = AGAIN[action] ?? action;
  switch (outcome) {
    case 'applied':
    case 'unchanged':
      return next;
    case 'partly-applied':
      return [`niyanta ${again}${env}   does the rest; what is done is not done twice`, ...undoing(action, env)];
    case 'cancelled':
      return [`niyanta ${again}${env}   goes on from here`, ...undoing(action, env)];
    case 'rollback-failed':
      return [
        `niyanta ps${env}   says what runs now`,
        `niyanta apply${env}   brings it to what the files say`,
        ...undoing(action, env),
      ];
    default:
      return [];
  }
}

/** What the journal can take back. */
const undoing = (action: string, env: string): readonly string[] =>
  ['apply', 'rollback', 'scale'].includes(action) ? [`niyanta apply --undo${env}   takes back what it did`] : [];

function paintOf({outcome}: ApplySummary, {style}: Look): Paint {
  if (outcome === 'applied' || outcome === 'unchanged') return style.green;
  return outcome === 'cancelled' || outcome === 'partly-applied' ? style.yellow : style.red;
}
