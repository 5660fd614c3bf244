import type {Plan} from '../planner/plan.ts';
import type {Look, View} from './look.ts';
import {driftText, PURPOSE} from './operation-words.ts';
import {planSections, scaledText} from './plan-groups.ts';
import {planJson} from './plan-json.ts';
import {operationLines} from './plan-operation-view.ts';
import {printable} from './printable.ts';
import {bytes, duration} from './quantities-view.ts';
import {hanging} from './text-layout.ts';

/** A plan: what changes by service, drift, interruption, warnings, and the counts last. */
export const planView: View<Plan> = {text: planText, json: planJson};

function planText(plan: Plan, look: Look): string {
  const paragraphs = [
    heading(plan, look),
    ...planSections(plan).map(({service, scaled, groups}) => [
      look.style.bold(printable(service ?? 'hosts')) + (scaled ? `  ${scaledText(scaled)}` : ''),
      ...groups.flatMap(group => operationLines(group, plan.placements, look)),
    ]),
    drift(plan, look),
    interruption(plan, look),
    security(plan, look),
    warnings(plan, look),
    [summary(plan, look)],
  ];
  return paragraphs
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n');
}

function heading({purpose, stack, environment, serial}: Plan, {style}: Look): string[] {
  const rest = `environment ${printable(environment)}, serial ${serial}`;
  return [`${style.bold(`${PURPOSE[purpose]} ${printable(stack)}`)}${style.dim(`  ${rest}`)}`];
}

function drift({drift}: Plan, {style, columns}: Look): string[] {
  if (drift.length === 0) return [];
  const lines = drift.flatMap(one => hanging('  ! ', driftText(one), columns).map(style.yellow));
  return [style.bold('Drift: changed by someone else'), ...lines];
}

function interruption({interruption}: Plan, {style, columns}: Look): string[] {
  if (interruption.length === 0) return [];
  const lines = interruption.flatMap(({service, expectedMs, atMostMs, because}) => {
    const worst = atMostMs > expectedMs ? `, ${duration(atMostMs)} if it takes all of its grace to stop` : '';
    return hanging('  ', printable(`${service} for about ${duration(expectedMs)}${worst}: ${because}`), columns);
  });
  return [style.bold('Interruption expected'), ...lines];
}

function warnings({warnings}: Plan, {style, columns}: Look): string[] {
  if (warnings.length === 0) return [];
  return [
    style.bold('Warnings'),
    ...warnings.flatMap(each => hanging('  ! ', printable(each), columns).map(style.yellow)),
  ];
}

function security({security = []}: Plan, {style, columns}: Look): string[] {
  if (security.length === 0) return [];
  const lines = security.map(({service, text}) => printable(`${service} ${text}`));
  return [
    style.bold('Security: more than the defaults give'),
    ...lines.flatMap(line => hanging('  ! ', line, columns).map(style.yellow)),
  ];
}

/** Counts come last, so that they are what a person sees when a long plan has scrolled by. */
function summary(plan: Plan, {style}: Look): string {
  if (plan.operations.length === 0) {
    const scaled = (plan.replicas ?? []).map(one => `${one.service} ${scaledText(one)}`);
    if (scaled.length > 0) return `Nothing to change on the hosts; to be noted: ${printable(scaled.join(', '))}.`;
    return plan.purpose === 'apply' ? 'Nothing to change: everything runs as described.' : 'Nothing to change.';
  }
  const {create, update, replace, delete: remove} = plan.summary;
  const counts = [
    create > 0 && style.green(`${create} to create`),
    update > 0 && style.yellow(`${update} to update`),
    replace > 0 && style.cyan(`${replace} to replace`),
    remove > 0 && style.red(`${remove} to delete`),
  ].filter(count => count !== false);
  const transfer = plan.bytes > 0 ? `; ${bytes(plan.bytes)} to transfer` : '';
  const told = counts.length > 0 ? counts.join(', ') : `${plan.operations.length} operations`;
  return `${style.bold('Plan:')} ${told}${transfer}.`;
}
