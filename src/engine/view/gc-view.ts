import type {GcEnd} from '../gc.ts';
import type {GcPlan, Kept, Orphan} from '../planner/gc/gc-plan.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {bytes, counted, duration} from './quantities-view.ts';
import {hanging} from './text-layout.ts';

const orphanJson = ({host, kind, environment, what, reason, bytes: size, ageMs}: Orphan) => ({
  host,
  kind,
  ...(environment === undefined ? {} : {environment}),
  what,
  reason,
  ...(size === undefined ? {} : {bytes: size}),
  ...(ageMs === undefined ? {} : {ageMs}),
});

const planJson = ({remove, ...plan}: GcPlan) => ({
  ...plan,
  remove: remove.map(orphanJson),
  bytes: total(remove),
});

const total = (orphans: readonly Orphan[]): number => orphans.reduce((sum, {bytes: size = 0}) => sum + size, 0);

/** `gc --dry-run`, and what is agreed to: by host, what goes and what stays. */
export const gcPlanView: View<GcPlan> = {text: planText, json: planJson};

/** The end of `gc`. */
export const gcEndView: View<GcEnd> = {
  text: endText,
  json: ({plan, removed, failed, freed}) => ({
    plan: planJson(plan),
    removed: removed.map(orphanJson),
    failed: failed.map(({host, orphans, error}) => ({
      host,
      orphans: orphans.map(orphanJson),
      error: {code: error.code, message: error.message, ...(error.hint === undefined ? {} : {hint: error.hint})},
    })),
    freed,
  }),
};

function planText(plan: GcPlan, look: Look): string {
  const {style} = look;
  const hosts = [...new Set([...plan.remove, ...plan.kept, ...plan.others, ...plan.unreachable].map(({host}) => host))];
  const sections = hosts.sort().map(host =>
    [
      style.bold(printable(host)),
      ...plan.remove.filter(of(host)).flatMap(orphan => orphanLines(orphan, look)),
      ...plan.kept.filter(of(host)).flatMap(kept => keptLines(kept, look)),
      ...plan.others.filter(of(host)).flatMap(({project, containers}) => {
        const text = `${counted(containers, 'container')} of project ${project}: never touched`;
        return hanging('    ', printable(text), look.columns);
      }),
      ...plan.unreachable
        .filter(of(host))
        .flatMap(({error}) => hanging('  ! ', printable(`left out: ${error}`), look.columns)),
    ].join('\n'),
  );
  const size = total(plan.remove);
  const sum =
    plan.remove.length === 0
      ? style.green('Nothing to remove.')
      : `${counted(plan.remove.length, 'thing')} to remove${size > 0 ? `, up to ${bytes(size)}` : ''}.`;
  return [...sections, sum].join('\n\n');
}

const of =
  (host: string) =>
  (one: {readonly host: string}): boolean =>
    one.host === host;

/** What is known of it beside its name: size, age. */
function measures({bytes: size, ageMs}: Pick<Kept, 'bytes' | 'ageMs'>): string {
  const known = [...(size ? [bytes(size)] : []), ...(ageMs === undefined ? [] : [`${duration(ageMs)} old`])];
  return known.length > 0 ? ` (${known.join(', ')})` : '';
}

function orphanLines({what, reason, ...rest}: Orphan, {style, columns}: Look): readonly string[] {
  const [first = '', ...more] = hanging('  - ', printable(`${what}${measures(rest)}: ${reason}`), columns);
  return [first.replace('-', style.red('-')), ...more];
}

function keptLines({what, why, ...rest}: Kept, {columns}: Look): readonly string[] {
  return hanging('    ', printable(`${what}${measures(rest)} stays: ${why}`), columns);
}

/** Told as it happens. */
export const removedLines = (orphans: readonly Orphan[]): readonly string[] =>
  orphans.map(({host, what}) => printable(`removed from ${host}: ${what}`));

function endText({plan, removed, failed, freed}: GcEnd, look: Look): string {
  if (plan.remove.length === 0) return planText(plan, look);
  const lines = failed.flatMap(({host, orphans, error}) => [
    ...hanging('✗ ', printable(`${counted(orphans.length, 'thing')} left on ${host}: ${error.message}`), look.columns),
    ...(error.hint === undefined ? [] : hanging('  → ', printable(error.hint), look.columns)),
  ]);
  const gone = plan.remove.length - removed.length - failed.reduce((sum, {orphans}) => sum + orphans.length, 0);
  const rest = gone > 0 ? `; ${counted(gone, 'other')} had gone, or had come to be used` : '';
  return [...lines, `Removed ${counted(removed.length, 'thing')}, freed ${bytes(freed)}${rest}.`].join('\n');
}
