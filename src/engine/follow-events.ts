import {setTimeout as sleep} from 'node:timers/promises';
import {EventTeller, type ReplicaEvent} from './event-teller.ts';
import {type JournalRecord, readRecords} from './executor/journal-record.ts';
import {type Fleet, withFleet} from './fleet.ts';
import {
  followContainerEvents,
  parseContainerEvent,
  parseRecordedEvents,
  recordedEvents,
} from './runtime/container-events.ts';
import type {Session} from './session.ts';
import {readSteadily} from './steady-stream.ts';

export interface FollowEventsOptions {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Told what happens to replicas, as it happens; waited for. */
  readonly onReplica: (event: ReplicaEvent) => Promise<void>;
  /** Told what runs (apply, destroy, …) write down from now on, and of the one under way from its beginning. */
  readonly onRun: (record: JournalRecord) => Promise<void>;
  /** Told of hosts that do not answer, and of those that are back. */
  readonly onLost: (host: string, why: string) => void;
  readonly onBack: (host: string) => void;
}

/** How often the journal is looked at. Milliseconds. */
const lookMs = 1000;

/** Follows what happens to the replicas of an environment on all hosts, and its runs, until the signal. */
export function followEvents(session: Session, options: FollowEventsOptions): Promise<void> {
  const {hosts, ssh} = session;
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  return withFleet(hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal: options.signal, ssh}, async fleet => {
    const reachable = fleet.observed.filter(host => {
      if (!host.reachable) options.onLost(host.host, host.error);
      return host.reachable;
    });
    const streams = reachable.map(({host}) => followHost(session, fleet, host, {...options, signal}));
    try {
      await Promise.all([...streams, followRuns(session, {...options, signal})]);
    } finally {
      own.abort();
    }
  });
}

async function followHost(session: Session, fleet: Fleet, host: string, options: FollowEventsOptions): Promise<void> {
  const {signal, onLost, onBack, onReplica, now} = options;
  const connection = fleet.connection(host);
  const observed = fleet.observed.find(one => one.host === host);
  const teller = new EventTeller(session, connection, observed?.reachable ? observed.containers : []);
  let last = now().toISOString();
  await readSteadily({
    host,
    signal,
    onLost,
    onBack,
    async open(again) {
      // Followed first and read then, so that nothing falls in between; what comes twice is told once.
      const process = await connection.spawn(followContainerEvents);
      if (!again) return process;
      const {stdout} = await connection.run(recordedEvents, {signal});
      for (const event of parseRecordedEvents(stdout, last)) {
        for (const told of await teller.recorded(event)) await onReplica(told);
      }
      return process;
    },
    async onLine(line) {
      const event = parseContainerEvent(line);
      if (!event) return;
      last = event.at;
      for (const told of await teller.live(event)) await onReplica(told);
    },
  });
}

/** Every run of the environment from now on; one that is under way from its beginning. */
async function followRuns({store, environment}: Session, {signal, onRun}: FollowEventsOptions): Promise<void> {
  const told = new Map<string, number>();
  const holder = await store.holder(environment);
  for (const run of await store.journal.runs(environment)) {
    const records = readRecords(run, await store.journal.read(environment, run));
    const underWay = records.some(record => record.type === 'begin' && record.fence === holder?.fence);
    told.set(run, underWay ? 0 : records.length);
  }
  while (!signal.aborted) {
    // One run changes an environment at a time: an older one may have written its last record, those before have ended.
    for (const run of (await store.journal.runs(environment)).slice(0, 2).reverse()) {
      const records = readRecords(run, await store.journal.read(environment, run));
      for (const record of records.slice(told.get(run) ?? 0)) await onRun(record);
      told.set(run, records.length);
    }
    await sleep(lookMs, undefined, {signal}).catch(() => undefined);
  }
}
