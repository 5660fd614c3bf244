import type {Session} from '../../../../src/engine/coordinator/store/database.ts';
import {Moves} from '../../../../src/engine/coordinator/store/moves.ts';
import type {Leadership, Store} from '../../../../src/engine/coordinator/store/store.ts';
import {newLeases, place} from '../../../../src/engine/coordinator/store/verbs/deciding.ts';
import {checkLeads} from '../../../../src/engine/coordinator/store/verbs/leading.ts';
import {writeMoves} from '../../../../src/engine/coordinator/store/write-moves.ts';
import {mayFollow} from '../../../../src/engine/coordinator/workload-states.ts';
import type {SimDatabase} from './sim-database.ts';
import type {SimHost} from './sim-host.ts';

/** What a coordinator's store reaches its database by. */
type Connected = ReturnType<SimDatabase['connect']>;

/**
 * One thing that a coordinator relies on, taken away on purpose: a simulation that plays with it must find something wrong,
 * or it proves nothing when it finds nothing.
 */
export interface Break {
  readonly name: string;
  readonly store?: (store: Store, connected: Connected) => Store;
  readonly host?: (host: SimHost) => void;
  /** How long all jobs take: long enough for this one to do harm in most histories. Milliseconds. */
  readonly jobMs?: number;
  /** What of it is found. */
  readonly found: RegExp;
}

const halfLifeMs = 3_600_000;

export const breaks: readonly Break[] = [
  {
    name: 'a workload is placed whatever attempt and state it is in by now',
    found: /a bug in c\d+: .* is no transition|no transition|attempts of/,
    store: (store, connected) => ({
      ...store,
      place(leadership, placements) {
        const leases = newLeases(placements);
        return connected.write(async session => {
          await checkLeads(session, leadership);
          const moves = await Moves.of(
            session,
            placements.map(({workload}) => workload),
          );
          const actor = {name: `coordinator:${leadership.coordinator}`};
          const placed = placements.flatMap(({workload, attempt, worker, reason}, index) => {
            const [row, lease] = [moves.rows.get(workload), leases[index]!];
            if (!row) return [];
            moves.move(row, 'SCHEDULED', {reason, actor, set: {attempt, lease, worker}});
            return [{workload, attempt, lease, worker, state: 'scheduled' as const, reason, placedAt: moves.now}];
          });
          for (const each of placed) moves.begin(each);
          await writeMoves(moves, halfLifeMs);
          return placed;
        });
      },
    }),
  },
  {
    name: 'each try of a placement makes leases of its own',
    found: /not told: .* was placed/,
    store: (store, connected) => ({
      ...store,
      place: (leadership, placements) =>
        connected.write(session => place(session, leadership, placements, newLeases(placements), halfLifeMs)),
    }),
  },
  {
    name: 'who led before still decides',
    found: /not the leader/,
    store: (store, connected) => ({
      ...store,
      place(leadership, placements) {
        const leases = newLeases(placements);
        return connected.write(session =>
          asLeader(session, leadership, () => place(session, leadership, placements, leases, halfLifeMs)),
        );
      },
    }),
  },
  {
    name: "a lost host's workloads start elsewhere without having been lost",
    found: /taken away: .* from (SCHEDULED|STARTING|RUNNING|CHECKPOINTING)|did not wait/,
    store: store => ({
      ...store,
      change: (leadership, changes) =>
        store.change(
          leadership,
          changes.map(each => (each.to === 'LOST' ? {...each, to: 'RETRYING', outcome: 'lost'} : each)),
        ),
    }),
  },
  {
    name: 'those that wait for their host start elsewhere, too',
    found: /did not wait/,
    store: store => ({
      ...store,
      changes: async (cursor, limit) => {
        const found = await store.changes(cursor, limit);
        const rows = found.rows.map(row => ({...row, workload: {...row.workload, onLost: 'reschedule' as const}}));
        return {...found, rows};
      },
    }),
  },
  {
    name: 'what is said counts for whatever attempt there is',
    found:
      /completed|succeeded without an end|no transition|broken chain|attempts of|ran without|failed without an end/,
    store: (store, connected) => ({
      ...store,
      async report(reports) {
        const current = await connected.read(async session =>
          Promise.all(
            reports.map(async each => {
              const text = 'select attempt, lease, state from workloads where id = $1';
              const [row] = await session.rows<{attempt: number; lease: string; state: 'RUNNING'}>(text, each.workload);
              return row && mayFollow(row.state, each.to) ? {...each, attempt: row.attempt, lease: row.lease} : each;
            }),
          ),
        );
        return store.report(current);
      },
    }),
  },
  {
    name: 'what was fenced or forgotten is left running',
    jobMs: 20_000,
    found: /left running: /,
    host: host => {
      const close = host.close.bind(host);
      host.close = key => {
        if (!host.isRunning(key)) close(key);
      };
    },
  },
  {
    name: 'a host begins whatever it is told',
    found: /ran twice|ran without|ran elsewhere|left on/,
    host: host => {
      host.prepare = () => undefined;
    },
  },
];

/** The row of who leads says so for the time of one question. */
async function asLeader<T>(session: Session, leadership: Leadership, work: () => Promise<T>): Promise<T> {
  const {coordinator, generation} = leadership;
  const [is] = await session.rows<Leadership>('select coordinator, generation from leader');
  const say = (of: Leadership) =>
    session.run('update leader set coordinator = $1, generation = $2', of.coordinator, of.generation);
  await say({coordinator, generation});
  try {
    return await work();
  } finally {
    await say(is!);
  }
}
