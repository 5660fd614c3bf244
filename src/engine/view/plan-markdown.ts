import type {Change, Operation, Plan} from '../planner/plan.ts';
import {fieldName} from './field-values.ts';
import {code, fenced, folded, htmlCode, markdownTable, marker, short} from './markdown.ts';
import {
  detailsOf,
  driftText,
  forcedText,
  orderText,
  PURPOSE,
  placementTexts,
  SIGN,
  sidesOf,
  subjectOf,
} from './operation-words.ts';
import {type OperationGroup, type PlanSection, planSections, scaledText} from './plan-groups.ts';
import {bytes, counted, duration} from './quantities-view.ts';

/** GitHub takes 65,536 characters for a comment; what a workflow writes around it has to fit as well. */
export const MARKDOWN_LIMIT = 60_000;
/** Of what could be endless, so much is shown: rows of the table, lines of a block. */
const ROWS = 100;
const LINES = 20;
/** Kept for the note that something is left out. */
const NOTE = 400;

/** A plan as a comment on a pull request: counts first, what needs a look next, each service folded. */
export function planMarkdown(plan: Plan, limit: number = MARKDOWN_LIMIT): string {
  const sections = planSections(plan);
  const head = [heading(plan), ...attention(plan), table(sections)].filter(part => part.length > 0);
  const lines = head.flatMap(spaced);
  return [...lines, ...detailsWithin(plan, sections, limit - NOTE - size(lines))].join('\n').trimEnd();
}

function heading(plan: Plan): string[] {
  const {purpose, stack, environment, serial} = plan;
  return [
    marker(['niyanta', 'plan', stack, environment]),
    `### ${PURPOSE[purpose]}: ${code(stack)}, environment ${code(environment)}`,
    '',
    `${counts(plan)} Made of the state with serial ${serial}.`,
  ];
}

function counts({operations, summary, bytes: size}: Plan): string {
  if (operations.length === 0) return '**Nothing to change.**';
  const parts = Object.entries(summary).flatMap(([action, count]) => (count > 0 ? [`${count} to ${action}`] : []));
  const told = parts.length > 0 ? parts.join(', ') : counted(operations.length, 'operation');
  return `**${told}**${size > 0 ? `; ${bytes(size)} to transfer` : ''}.`;
}

/** Drift, warnings, interruptions and what is loosened: seldom there, and what a reviewer must not miss. */
function attention({drift, warnings, interruption, security = []}: Plan): string[][] {
  const changed = drift.map(one => `! ${driftText(one)}`);
  const pauses = interruption.map(({service, expectedMs, atMostMs, because}) => {
    const worst = atMostMs > expectedMs ? `, ${duration(atMostMs)} at worst` : '';
    return `${service} for about ${duration(expectedMs)}${worst}: ${because}`;
  });
  return [
    block('Drift: changed by someone else', changed, 'diff'),
    block(
      'Security: more than the defaults give',
      security.map(({service, text}) => `${service} ${text}`),
      'text',
    ),
    block('Warnings', warnings, 'text'),
    block('Interruption expected', pauses, 'text'),
  ];
}

const block = (title: string, lines: readonly string[], language: string): string[] =>
  lines.length > 0 ? [`**${title}**`, '', ...fenced(atMost(lines, LINES).map(short), language)] : [];

const atMost = (lines: readonly string[], count: number): readonly string[] =>
  lines.length > count ? [...lines.slice(0, count), `… and ${lines.length - count} more`] : lines;

const ACTIONS = ['create', 'update', 'replace', 'delete'] as const;

function table(sections: readonly PlanSection[]): string[] {
  if (sections.length === 0) return [];
  const rows = sections
    .slice(0, ROWS)
    .map(section => [nameOf(section), ...ACTIONS.map(action => countOf(section, action))]);
  const more = sections.length - rows.length;
  const rest = more > 0 ? ['', `… and ${counted(more, 'service')} more.`] : [];
  return [...markdownTable(['', ...ACTIONS], rows), ...rest];
}

const nameOf = ({service}: PlanSection): string => (service === undefined ? 'hosts' : code(service));

function countOf({groups}: PlanSection, action: Operation['action']): string {
  const count = groups
    .filter(({operation}) => operation.action === action)
    .flatMap(({operations}) => operations).length;
  return count > 0 ? String(count) : '';
}

/** As many services as fit, and how many do not. */
function detailsWithin(plan: Plan, sections: readonly PlanSection[], room: number): string[] {
  const shown: string[] = [];
  let left = room;
  for (const [index, section] of sections.entries()) {
    const lines = section.groups.flatMap(group => groupLines(group, plan)).map(short);
    const part = spaced(folded(summaryOf(section), fenced(lines, 'diff')));
    if (size(part) > left) return [...shown, ...cutSection(section, lines, left), ...leftOut(sections.slice(index))];
    shown.push(...part);
    left -= size(part);
  }
  return shown;
}

/** The beginning of a service that is too large even by itself. */
function cutSection(section: PlanSection, lines: readonly string[], room: number): string[] {
  const kept = withinLimit(lines, room - 200 - summaryOf(section).length);
  return kept.length > 2 ? spaced(folded(`${summaryOf(section)}, cut short`, fenced(kept, 'diff'))) : [];
}

function leftOut(sections: readonly PlanSection[]): string[] {
  const operations = sections.flatMap(({groups}) => groups.flatMap(group => group.operations)).length;
  return [
    `> **Cut short**: a comment has no room for all of it. Details of ${counted(sections.length, 'section')} with ` +
      `${counted(operations, 'operation')} are not, or not all, shown here; \`niyanta plan\` prints them.`,
  ];
}

function summaryOf(section: PlanSection): string {
  const parts = ACTIONS.flatMap(action => {
    const count = countOf(section, action);
    return count === '' ? [] : [`${count} to ${action}`];
  });
  const scaled = section.scaled ? `, ${scaledText(section.scaled)}` : '';
  return `${section.service === undefined ? 'hosts' : htmlCode(section.service)}: ${parts.join(', ')}${scaled}`;
}

/** One group as lines of a diff: GitHub paints `-` red, `+` green, `!` orange and `#` grey. */
function groupLines(group: OperationGroup, {placements}: Plan): string[] {
  const {action, changes} = group.operation;
  const paint = {create: '+', update: '!', replace: '!', delete: '-'}[action];
  const sign = SIGN[action] === paint ? '' : `${SIGN[action]} `;
  const details = detailsOf(group);
  const notes = [forcedText(changes), orderText(group.operation), ...placementTexts(group, placements)];
  return [
    `${paint} ${sign}${subjectOf(group)}${details && `: ${details}`}`,
    ...changes.flatMap(changeLines),
    ...notes.flatMap(note => (note === undefined ? [] : [`#     ${note}`])),
  ];
}

function changeLines(change: Change): string[] {
  const name = fieldName(change.path);
  const {from, to} = sidesOf(change);
  return [
    ...(from === undefined ? [] : [`-     ${name}: ${from}`]),
    ...(to === undefined ? [] : [`+     ${name}: ${to}`]),
  ];
}

const spaced = (lines: readonly string[]): string[] => [...lines, ''];

/** Characters with the ends of lines. */
const size = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0);

function withinLimit(lines: readonly string[], limit: number): readonly string[] {
  let used = 0;
  const end = lines.findIndex(line => {
    used += line.length + 1;
    return used > limit;
  });
  return end === -1 ? lines : lines.slice(0, end);
}
