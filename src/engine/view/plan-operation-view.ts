import type {Change, ContainerOperation, Operation, Placed} from '../planner/plan.ts';
import {fieldName, fieldValue, isSecret} from './field-values.ts';
import type {Look, Paint, Style} from './look.ts';
import type {OperationGroup} from './plan-groups.ts';
import {printable} from './printable.ts';
import {bytes} from './quantities-view.ts';
import {hanging, padRight, width} from './text-layout.ts';

const INDENT = '      ';

/** One group of operations: its sign, what and where, why; then each field, how, and why on these hosts. */
export function operationLines(group: OperationGroup, placements: readonly Placed[], look: Look): string[] {
  const {operation} = group;
  return [
    ...headline(group, look),
    ...changeLines(operation.changes, look),
    ...(operation.kind === 'container' ? orderLines(operation, look) : []),
    ...placementLines(group, placements, look),
  ];
}

const SIGN: Readonly<Record<Operation['action'], string>> = {create: '+', update: '~', replace: '-/+', delete: '-'};

function headline({operation, operations}: OperationGroup, {style, columns}: Look): string[] {
  const sign = SIGN[operation.action];
  const size = operations.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
  const details = [printable(operation.reason), ...(size > 0 ? [bytes(size)] : [])].filter(Boolean).join(', ');
  const subject = `${what(operation)} ${where(operations)}`;
  const paint = signPaint(operation.action, style);
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

function what(operation: Operation): string {
  switch (operation.kind) {
    case 'container':
      return printable(operation.service ?? operation.id);
    case 'image':
      return `image ${printable(operation.label)}`;
    case 'volume':
      return `volume ${printable(operation.volume)}`;
    case 'names':
      return 'names of services';
    case 'host':
      return 'scripts of niyanta';
  }
}

/** `1, 3 on h1; 2 on h2` for replicas, `on h1, h2` for the rest. */
function where(operations: readonly Operation[]): string {
  const byHost = [...Map.groupBy(operations, operation => operation.host)];
  if (operations.some(operation => operation.replica === undefined)) {
    return `on ${byHost.map(([host]) => printable(host)).join(', ')}`;
  }
  return byHost
    .map(([host, there]) => `${there.map(({replica}) => replica).join(', ')} on ${printable(host)}`)
    .join('; ');
}

function changeLines(changes: readonly Change[], look: Look): string[] {
  const name = Math.min(24, Math.max(0, ...changes.map(({path}) => width(fieldName(path)))));
  return [...changes.flatMap(change => changeLine(change, name, look)), ...forcedLines(changes, look)];
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

/** Which of the changes cannot be made to a container that runs. */
function forcedLines(changes: readonly Change[], {style, columns}: Look): string[] {
  const forcing = changes.filter(({forces}) => forces).map(({path}) => fieldName(path));
  if (forcing.length === 0) return [];
  const which = forcing.length === changes.length ? (changes.length === 1 ? 'this' : 'these') : forcing.join(', ');
  const needs = forcing.length === 1 ? 'needs' : 'need';
  return hanging(INDENT, `${which} ${needs} a new container`, columns).map(style.dim);
}

function orderLines(operation: ContainerOperation, {style, columns}: Look): string[] {
  if (operation.how !== 'replace' || operation.previous.length === 0) return [];
  const from = operation.previous.filter(({host}) => host !== operation.host).map(({host}) => printable(host));
  const moves = from.length > 0 ? `moves from ${[...new Set(from)].join(', ')}; ` : '';
  const order =
    operation.order === 'start-first'
      ? 'the new one starts first, the old one stops once it is healthy'
      : 'the old one stops first';
  return hanging(INDENT, `${moves}${order}`, columns).map(style.dim);
}

/** Why these replicas are where they are, and why not elsewhere; only for those that are new there. */
function placementLines({operation, operations}: OperationGroup, placements: readonly Placed[], look: Look): string[] {
  if (operation.kind !== 'container' || (operation.how !== 'create' && operation.how !== 'replace')) return [];
  const here = placements.filter(placed =>
    operations.some(({service, replica}) => service === placed.service && replica === placed.replica),
  );
  const reasons = new Set(here.map(({because}) => because).filter(Boolean));
  const refusals = new Set(here.flatMap(({rejected}) => rejected.map(({host, reason}) => `not on ${host}: ${reason}`)));
  return [...[...reasons].map(because => `placed: ${because}`), ...refusals].flatMap(text =>
    hanging(INDENT, printable(text), look.columns).map(look.style.dim),
  );
}
