import type {LeaseHolder, Waiter} from '../state/store.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {ago, duration} from './quantities-view.ts';

/** Who may change an environment now, no holder when it is free; and who waits for it, next first. */
export interface LockStatus {
  readonly environment: string;
  readonly holder?: LeaseHolder;
  readonly queue: readonly Waiter[];
}

/** `lock status`. */
export const lockView: View<LockStatus> = {text: lockText};

function lockText({environment, holder, queue}: LockStatus, look: Look): string {
  const {style} = look;
  const name = printable(environment);
  const head = holder
    ? `Environment ${style.bold(name)} is held by ${style.bold(printable(holder.owner))} for ${printable(holder.reason)}`
    : `Environment ${style.bold(name)} is free.`;
  return [head, ...(holder ? holderLines(holder, look) : []), ...queueLines(queue, look)].join('\n');
}

function holderLines(holder: LeaseHolder, {now}: Look): string[] {
  const left = Date.parse(holder.expires) - now.getTime();
  const expiry = left > 0 ? `expires in ${duration(left)} unless renewed` : 'expired';
  const {progress} = holder;
  return [
    `  since    ${printable(holder.since)} (${ago(holder.since, now)})`,
    `  from     ${printable(holder.machine)}, process ${holder.pid}`,
    ...(progress ? [`  done     ${howFar(progress)} (${ago(progress.at, now)})`] : []),
    `  expiry   ${expiry}`,
    `  fence    ${holder.fence}`,
  ];
}

const queueLines = (queue: readonly Waiter[], {now}: Look): string[] =>
  queue.map(
    ({owner, reason, machine, pid, since}, index) =>
      `  ${index === 0 ? 'next' : '    '}     ${printable(`${owner} for ${reason}, process ${pid} on ${machine}`)}, came ${ago(since, now)}`,
  );

/** `3 of 40: starting web/2 on h1`. */
export const howFar = ({done, total, doing}: NonNullable<LeaseHolder['progress']>): string =>
  `${done} of ${total}${doing === undefined ? '' : `: ${printable(doing)}`}`;

/** A line for one who waits: who holds it, since when, how far it is, and one's own place; 1 is next. */
export function waitingText(holder: LeaseHolder, place: number): string {
  const {owner, reason, since, progress} = holder;
  const far = progress ? `, ${howFar(progress)}` : '';
  const turn = place === 1 ? 'next' : `place ${place}`;
  return printable(`waiting for ${owner} (${reason}, since ${since}${far}); in line: ${turn}`);
}
