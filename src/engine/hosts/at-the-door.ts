import type {Duplex} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {Slots} from './slots.ts';
import {type Attempt, type AttemptEnd, attempt, type Endpoint} from './ssh-attempt.ts';

/** Logins under way at one sshd: from 10 on it begins to hang up on newcomers (MaxStartups 10:30:100). */
const atOnce = 8;

const doors = new Map<string, Slots>();

/**
 * Knocks at an sshd until it lets us try to log in: one that has many unfinished logins hangs up on some, and is asked
 * again after a while, within the time for connecting. Others of ours wait meanwhile.
 */
export async function letIn(
  endpoint: Endpoint,
  how: Omit<Attempt, 'sock'>,
  sock: () => Promise<Duplex | undefined>,
): Promise<Exclude<AttemptEnd, {dropped: unknown}>> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 2000)) {
    const end = await knock(endpoint, how, sock);
    if (!('dropped' in end)) return end;
    const pause = wait * (0.5 + Math.random());
    if (Date.now() + pause > how.deadline) throw end.dropped;
    await sleep(pause, undefined, {signal: how.signal});
  }
}

async function knock(
  endpoint: Endpoint,
  how: Omit<Attempt, 'sock'>,
  sock: () => Promise<Duplex | undefined>,
): Promise<AttemptEnd> {
  const door = `${endpoint.address} ${endpoint.port}`;
  const slots = doors.get(door) ?? new Slots(atOnce);
  doors.set(door, slots);
  const leave = await slots.take(how.signal);
  try {
    return await attempt(endpoint, {...how, sock: await sock()});
  } finally {
    leave();
  }
}
