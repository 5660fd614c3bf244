import type {Duplex} from 'node:stream';

/** How often a peer is asked for a sign of life, in milliseconds: sshd answers by itself, however busy its host is. */
export const keepaliveMs = 2000;

/** How often it is looked whether one came. */
const lookMs = 5000;

/** How many looks may find none. */
const silentTimes = 4;

/**
 * Calls `onSilent` when nothing at all has come from a peer for 15 to 20 s, though it is asked every 2 s. Whatever comes
 * is a sign of life: the answer to a keepalive may have to wait behind a long transfer. Times are counted, not measured,
 * so that a process that was stopped itself does not take its own sleep for the peer's.
 * Returns what says when something last came, by `performance.now()`.
 */
export function watchSilence(from: Duplex, onSilent: (since: Date) => void): () => number {
  let heard = new Date();
  let heardAt = performance.now();
  let times = 0;
  from.on('data', () => {
    heard = new Date();
    heardAt = performance.now();
    times = 0;
  });
  const timer = setInterval(() => {
    times += 1;
    if (times < silentTimes) return;
    clearInterval(timer);
    onSilent(heard);
  }, lookMs);
  from.once('close', () => clearInterval(timer));
  return () => heardAt;
}
