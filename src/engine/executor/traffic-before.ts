import type {Operation} from '../planner/plan.ts';
import type {Split} from '../planner/split-weights.ts';
import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer} from './actions.ts';
import type {Present} from './inverse.ts';
import {NameLedger} from './name-ledger.ts';
import {peer} from './peer.ts';
import {RouteLedger, type StandingRoutes} from './route-ledger.ts';
import type {Clock} from './run-switch.ts';
import {splitsOf, Traffic} from './traffic.ts';

/** What the proxies have before a plan runs. */
export interface RoutesBefore {
  readonly standing: readonly StandingRoutes[];
  /** Of releases that go on. */
  readonly splits: readonly Split[];
  /** How long requests to a service are waited for, in milliseconds; 30 s where it is not told. */
  readonly drainMs: Readonly<Record<string, number>>;
}

export interface Before {
  readonly present: readonly Present[];
  /** Listed although their hosts cannot be reached. */
  readonly silent?: readonly Peer[];
  readonly routes: RoutesBefore;
  readonly clock: Clock;
  readonly actions: Pick<Actions, 'writeNames' | 'writeRoutes' | 'inFlight'>;
}

/** As long as a service that does not say is waited for. */
const usualDrainMs = 30_000;

/** Who is sent to whom before the operations run. The new replicas of their releases get nothing of what they do not have. */
export function trafficOf(operations: readonly Operation[], before: Before): Traffic {
  const {present, silent, routes, clock, actions} = before;
  const there = present.flatMap(({host, listed, standsBy, spec}) =>
    spec ? [{host, listed, standsBy, peer: peer(spec)}] : [],
  );
  const names = new NameLedger(
    (host, selves, peers) => actions.writeNames(host, selves, peers),
    there.filter(({listed}) => listed),
    silent,
  );
  const waiting = there.filter(({standsBy}) => standsBy);
  for (const {host, peer: one} of waiting) names.arrive(host, one);
  const hosts = new Map<string, HostName>(present.map(({host, id}) => [id, host]));
  const begun = operations.flatMap(operation => {
    if (operation.kind === 'container' && operation.spec) hosts.set(operation.spec.id, operation.spec.host);
    return operation.kind === 'switch'
      ? splitsOf(operation.back ? operation.from : operation.to, operation.weight, operation.sticky)
      : [];
  });
  const ledger = new RouteLedger(
    actions,
    {
      standing: routes.standing,
      members: [...there.filter(({listed}) => listed), ...waiting].map(one => one.peer),
      splits: [...routes.splits, ...begun],
    },
    {
      mostMs: service => routes.drainMs[service] ?? usualDrainMs,
      now: clock.now,
      sleep: ms => clock.sleep(ms, new AbortController().signal),
    },
    id => hosts.get(id),
  );
  return new Traffic(
    names,
    ledger,
    waiting.map(one => one.peer.id),
  );
}
