import type {Duplex} from 'node:stream';

/** How often a peer is asked for a sign of life, in milliseconds. */
export const keepaliveMs = 5000;

/** How many such times may pass without one. */
const silentTimes = 4;

/**
 * Calls `onSilent` when nothing at all has come from a peer for 15 to 20 s, though it is asked every 5 s. Whatever comes
 * is a sign of life: the answer to a keepalive may have to wait behind a long transfer. Times are counted, not measured,
 * so that a process that was stopped itself does not take its own sleep for the peer's.
 */
export function watchSilence(from: Duplex, onSilent: (since: Date) => void): void {
  let heard = new Date();
  let times = 0;
  from.on('data', () => {
    heard = new Date();
    times = 0;
  });
  const timer = setInterval(() => {
    times += 1;
    if (times < silentTimes) return;
    clearInterval(timer);
    onSilent(heard);
  }, keepaliveMs);
  from.once('close', () => clearInterval(timer));
}
