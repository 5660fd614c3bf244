import type {ReplicaEvent} from '../event-teller.ts';
import type {Look, Paint} from './look.ts';
import {printable} from './printable.ts';

const WORDS: Readonly<Record<ReplicaEvent['what'], string>> = {
  created: 'created',
  started: 'started',
  restarted: 'started again',
  exited: 'ended',
  'out-of-memory': 'out of memory: the kernel killed a process in it',
  paused: 'paused',
  resumed: 'goes on',
  removed: 'removed',
};

/** `12:00:00.123  h1  backend 2  ended: exit 127: command not found`; the time by the clock of its host, in UTC. */
export function replicaEventLine(
  {at, host, service, replica, what, code, reason}: ReplicaEvent,
  {style}: Look,
): string {
  const words = reason === undefined ? WORDS[what] : reason.startsWith('ended') ? reason : `${WORDS[what]}: ${reason}`;
  return `${style.dim(at.slice(11, 23))}  ${style.cyan(printable(host))}  ${style.bold(printable(`${service} ${replica}`))}  ${paint(what, code, style)(printable(words))}`;
}

function paint(what: ReplicaEvent['what'], code: number | undefined, style: Look['style']): Paint {
  if (what === 'out-of-memory' || (what === 'exited' && code !== 0)) return style.red;
  if (what === 'restarted') return style.yellow;
  return what === 'started' ? style.green : text => text;
}

/** As a line of `events -f --json`, beside those of runs. */
export const replicaEventJson = ({what, ...event}: ReplicaEvent): unknown => ({type: `replica-${what}`, ...event});
