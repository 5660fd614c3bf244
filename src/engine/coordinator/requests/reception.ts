import {Door, Gate, PendingQuota} from '../access/index.ts';
import type {Rate} from '../access/token-bucket.ts';
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
}

export interface ReceptionWish {
  readonly coordinator: Coordinator;
  /** Requests of customers, by tier. */
  readonly tierRates: Readonly<Record<string, Rate>>;
  /** Told the policy by which somebody was refused. */
  readonly throttled: (policy: string) => void;
  readonly submitted: Reception['submitted'];
}

export function openReception({coordinator, tierRates, throttled, submitted}: ReceptionWish): Reception {
  const clock = () => performance.now();
  const door = new Door(coordinator.store, Date.now);
  return {
    coordinator,
    door,
    gate: new Gate({door, tierRates, clock, throttled}),
    pending: new PendingQuota(coordinator.store, clock),
    reader: new WorkloadReader(),
    submitted,
  };
}
