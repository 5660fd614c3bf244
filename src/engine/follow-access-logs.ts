import {setTimeout as sleep} from 'node:timers/promises';
import type {AccessLogReader, AccessRecord} from './access-log-reader.ts';
import type {Fleet} from './fleet.ts';
import {linesOf} from './runtime/lines-of.ts';
import {inOrder} from './runtime/merge-logs.ts';
import {followAccessLog, readAccessLog} from './runtime/proxy/access-log.ts';
import {readSteadily} from './steady-stream.ts';

interface Following {
  readonly signal: AbortSignal;
  readonly onRecord: (record: AccessRecord) => Promise<void>;
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
}

/** How long requests are held back, so that those of several proxies come in order of time. Milliseconds. */
const holdMs = 150;
/** Lines that a tail begins with, of which those that were read already are passed over. */
const overlap = 5000;
/** Requests that may wait for a slow reader before the hosts have to wait, too. */
const mostWaiting = 20_000;

/**
 * Gives the requests that proxies take from now on, until the signal. `readers` know what was read before, by host. Of a
 * host that is lost and comes back, what it was asked meanwhile is read first.
 */
export async function followAccessLogs(
  fleet: Fleet,
  readers: ReadonlyMap<string, AccessLogReader>,
  {signal: asked, onRecord, onLost, onBack}: Following,
): Promise<void> {
  const own = new AbortController();
  const signal = AbortSignal.any([own.signal, asked]);
  let waiting: AccessRecord[] = [];
  let taken = Promise.withResolvers<void>();
  let failure: unknown;
  const add = async (record: AccessRecord | undefined): Promise<void> => {
    if (record) waiting.push(record);
    if (waiting.length > mostWaiting && !signal.aborted) await taken.promise;
  };
  for (const [host, reader] of readers) {
    const connection = fleet.connection(host);
    readSteadily({
      host,
      signal,
      onLost,
      onBack,
      open: async again => {
        reader.resume();
        if (again) {
          const whole = await connection.spawn(readAccessLog);
          for await (const line of linesOf(whole.stdout)) await add(reader.feed(line));
          reader.resume();
        }
        return connection.spawn(followAccessLog(overlap));
      },
      onLine: line => add(reader.feed(line)),
    }).catch(error => {
      failure ??= error;
    });
  }
  try {
    while (!signal.aborted) {
      await sleep(holdMs, undefined, {signal}).catch(() => undefined);
      if (failure !== undefined) throw failure;
      const records = inOrder(waiting);
      waiting = [];
      taken.resolve();
      taken = Promise.withResolvers();
      for (const record of records) await onRecord(record);
    }
  } finally {
    own.abort();
    taken.resolve();
  }
}
