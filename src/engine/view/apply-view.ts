import type {ApplyResult} from '../executor/events.ts';
import type {Look, Paint, View} from './look.ts';
import {printable} from './printable.ts';
import {counted, duration} from './quantities-view.ts';
import {hanging} from './text-layout.ts';

/** How an apply, destroy or rollback ended, and what to type next. */
export interface ApplySummary extends ApplyResult {
  readonly environment: string;
  readonly durationMs: number;
  /** Commands that make sense now: `niyanta ps`, `niyanta logs backend`. */
  readonly next: readonly string[];
}

/** The last lines of an apply; the JSON is its last event. */
export const applyView: View<ApplySummary> = {
  text: applyText,
  json: ({outcome, serial, operations}) => ({type: 'result', outcome, serial, operations}),
};

const TOLD: Readonly<Record<ApplyResult['outcome'], string>> = {
  unchanged: 'Nothing to change',
  applied: 'Applied',
  'rolled-back': 'Failed and rolled back: what ran before runs again',
  'rollback-failed': 'Failed, and rolling back failed as well: see niyanta ps, then apply again',
  'partly-applied': 'Applied in part: apply again to finish',
  failed: 'Failed',
  cancelled: 'Cancelled: what was begun has been ended cleanly; apply again to go on',
};

function applyText(result: ApplySummary, look: Look): string {
  const {style, columns} = look;
  const done = result.operations.filter(({outcome}) => outcome === 'done').length;
  const detail =
    result.outcome === 'unchanged'
      ? ''
      : ` (${done} of ${counted(result.operations.length, 'operation')}, ${duration(result.durationMs)}, serial ${result.serial})`;
  const headline = `${TOLD[result.outcome]}, environment ${printable(result.environment)}${detail}.`;
  const failures = result.operations.flatMap(({id, error}) =>
    error ? hanging('  ✗ ', printable(`${id}: ${error.message}`), columns).map(style.red) : [],
  );
  const next = result.next.map(command => `  ${style.cyan('→')} ${printable(command)}`);
  return [...hanging('', headline, columns).map(paintOf(result, look)), ...failures, ...next].join('\n');
}

function paintOf({outcome}: ApplySummary, {style}: Look): Paint {
  if (outcome === 'applied' || outcome === 'unchanged') return style.green;
  return outcome === 'cancelled' || outcome === 'partly-applied' ? style.yellow : style.red;
}
