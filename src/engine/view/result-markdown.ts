import {type ApplySummary, nextSteps, TOLD} from './apply-view.ts';
import {code, fenced, folded, short} from './markdown.ts';
import {counted, duration} from './quantities-view.ts';

const LISTED = 200;
const LOG_LINES = 20;

/** How a change ended, for the summary of a workflow's run: what failed first, then every operation, folded. */
export function resultMarkdown(summary: ApplySummary): string {
  const {outcome, environment, rows, durationMs, serial, leftovers = []} = summary;
  const done = rows.filter(row => row.outcome === 'done').length;
  const failed = rows.flatMap(({id, title, error, log}) =>
    error ? [`${title ?? id}: ${error.message}`, ...(log ?? []).slice(-LOG_LINES).map(line => `    | ${line}`)] : [],
  );
  return [
    `### ${TOLD[outcome]}: environment ${code(environment)}`,
    '',
    `**${done} of ${counted(rows.length, 'operation')}** in ${duration(durationMs)}, serial ${serial}.`,
    ...block('Failed', failed),
    ...block(outcome === 'rollback-failed' ? 'Not taken back' : 'Left behind', leftovers),
    ...block('Next', outcome === 'applied' || outcome === 'unchanged' ? [] : nextSteps(summary)),
    ...(rows.length > 0 ? ['', ...folded('Every operation', fenced(operations(summary), 'text'))] : []),
  ].join('\n');
}

const block = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ['', `**${title}**`, '', ...fenced(lines.slice(0, LISTED).map(short), 'text')] : [];

function operations({rows}: ApplySummary): string[] {
  const shown = rows.slice(0, LISTED).map(({id, title, outcome, durationMs, attempts}) => {
    const tries = attempts > 1 ? `, ${attempts} attempts` : '';
    return `${outcome.padEnd(9)} ${duration(durationMs).padStart(7)}  ${title ?? id}${tries}`;
  });
  return rows.length > LISTED ? [...shown, `and ${rows.length - LISTED} more`] : shown;
}
