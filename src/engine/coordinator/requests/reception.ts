import {type AccessRules, Door, Gate, PendingQuota} from '../access/index.ts';
import type {Coordinator} from '../coordinator.ts';
import {WorkloadReader} from './read-workloads.ts';

/** What all ways into a coordinator share, REST and gRPC: keys, limits and quotas hold over all of them together. */
export interface Reception {
  readonly coordinator: Coordinator;
  readonly door: Door;
  readonly gate: Gate;
  readonly pending: PendingQuota;
  readonly reader: WorkloadReader;
  /** Told what was accepted of a customer, and how long it took to be durable. */
  readonly submitted: (customer: string, count: number, ms: number) => void;
  /** Other rules from now on. */
  configure(rules: AccessRules): void;
}

export interface ReceptionWish {
  readonly coordinator: Coordinator;
  readonly rules: AccessRules;
  /** Told the policy by which somebody was refused. */
  readonly throttled: (policy: string) => void;
  readonly submitted: Reception['submitted'];
}

export function openReception({coordinator, rules: first, throttled, submitted}: ReceptionWish): Reception {
  let now = first;
  const rules = () => now;
  const clock = () => performance.now();
  const door = new Door(coordinator.store, Date.now);
  door.trust(first);
  return {
    coordinator,
    door,
    gate: new Gate({door, rules, clock, throttled}),
    pending: new PendingQuota(coordinator.store, clock, rules),
    reader: new WorkloadReader(),
    submitted,
    configure(next) {
      now = next;
      door.trust(next);
    },
  };
}
