import type {LeaseHolder} from '../state/store.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {ago, duration} from './quantities-view.ts';

/** Who may change an environment now; no holder when it is free. */
export interface LockStatus {
  readonly environment: string;
  readonly holder?: LeaseHolder;
}

/** `lock status`. */
export const lockView: View<LockStatus> = {text: lockText};

function lockText({environment, holder}: LockStatus, {style, now}: Look): string {
  const name = printable(environment);
  if (!holder) return `Environment ${style.bold(name)} is free.`;
  const left = Date.parse(holder.expires) - now.getTime();
  const expiry = left > 0 ? `expires in ${duration(left)} unless renewed` : 'expired';
  return [
    `Environment ${style.bold(name)} is held by ${style.bold(printable(holder.owner))} for ${printable(holder.reason)}`,
    `  since    ${printable(holder.since)} (${ago(holder.since, now)})`,
    `  from     ${printable(holder.machine)}, process ${holder.pid}`,
    `  expiry   ${expiry}`,
    `  fence    ${holder.fence}`,
  ].join('\n');
}
