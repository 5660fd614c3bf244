import type {Change, Operation, Placed} from '../planner/plan.ts';
import {fieldName, fieldValue, isSecret} from './field-values.ts';
import type {Look, Paint, Style} from './look.ts';
import {detailsOf, forcedText, orderText, placementTexts, SIGN, subjectOf} from './operation-words.ts';
import type {OperationGroup} from './plan-groups.ts';
import {hanging, padRight, width} from './text-layout.ts';

const INDENT = '      ';

/** One group of operations: its sign, what and where, why; then each field, how, and why on these hosts. */
export function operationLines(group: OperationGroup, placements: readonly Placed[], look: Look): string[] {
  const {operation} = group;
  const notes = [forcedText(operation.changes), orderText(operation), ...placementTexts(group, placements)];
  return [
    ...headline(group, look),
    ...changeLines(operation.changes, look),
    ...notes.flatMap(note => (note === undefined ? [] : hanging(INDENT, note, look.columns).map(look.style.dim))),
  ];
}

function headline(group: OperationGroup, {style, columns}: Look): string[] {
  const {action} = group.operation;
  const sign = SIGN[action];
  const details = detailsOf(group);
  const subject = subjectOf(group);
  const paint = signPaint(action, style);
  const oneLine = `  ${padRight(sign, 3)} ${subject}: ${details}`;
  const prefix = `  ${paint(padRight(sign, 3))} `;
  if (width(oneLine) <= columns) return [`${prefix}${style.bold(subject)}${details && `: ${details}`}`];
  const [first = '', ...rest] = hanging('      ', subject, columns).map(line => line.slice(6));
  return [
    `${prefix}${style.bold(first)}`,
    ...rest.map(line => `${INDENT}${style.bold(line)}`),
    ...(details ? hanging(INDENT, details, columns) : []),
  ];
}

const signPaint = (action: Operation['action'], style: Style): Paint =>
  ({create: style.green, update: style.yellow, replace: style.cyan, delete: style.red})[action];

function changeLines(changes: readonly Change[], look: Look): string[] {
  const name = Math.min(24, Math.max(0, ...changes.map(({path}) => width(fieldName(path)))));
  return changes.flatMap(change => changeLine(change, name, look));
}

function changeLine({path, from, to}: Change, column: number, {columns}: Look): string[] {
  const start = `${INDENT}${padRight(fieldName(path), column)}  `;
  const sides = changeSides(path, from, to);
  const value = sides.join(' ');
  if (width(start + value) <= columns) return [`${start}${value}`];
  const rest = ' '.repeat(width(start));
  return sides.flatMap((side, i) => hanging(i === 0 ? start : rest, side, columns));
}

/** `old →` and `new`, or the one that there is. */
function changeSides(path: string, from: unknown, to: unknown): string[] {
  if (from === undefined) return [fieldValue(path, to)];
  if (isSecret(path)) return [to === undefined ? '(secret) → (none)' : '(secret) changed'];
  return to === undefined
    ? [`${fieldValue(path, from)} → (none)`]
    : [`${fieldValue(path, from)} →`, fieldValue(path, to)];
}
