import {type AccessRules, Door, Gate, type LoginOffer, PendingQuota} from '../access/index.ts';
import type {Coordinator} from '../coordinator.ts';
import {type CostRates, noCosts} from './costs.ts';
import {WorkloadReader} from './read-workloads.ts';
import type {SettingsNow} from './settings-now.ts';

/** What all ways into a coordinator share, REST and gRPC: keys, limits and quotas hold over all of them together. */
export interface Reception {
  readonly coordinator: Coordinator;
  readonly door: Door;
  readonly gate: Gate;
  readonly pending: PendingQuota;
  readonly reader: WorkloadReader;
  /** Told what was accepted of a customer, and how long it took to be durable. */
  readonly submitted: (customer: string, count: number, ms: number) => void;
  /** What an hour of what workloads reserve costs. */
  readonly costs: CostRates;
  /** What the process was started with; absent where it was not started from files. */
  readonly settingsNow?: SettingsNow;
  /** How people log in; absent: they do not. */
  login(): LoginOffer | undefined;
  /** Other rules from now on. */
  configure(rules: AccessRules): void;
}

export interface ReceptionWish {
  readonly coordinator: Coordinator;
  readonly rules: AccessRules;
  /** Told the policy by which somebody was refused. */
  readonly throttled: (policy: string) => void;
  readonly submitted: Reception['submitted'];
  readonly costs?: CostRates;
  readonly settingsNow?: SettingsNow;
}

export function openReception(wish: ReceptionWish): Reception {
  const {coordinator, rules: first, throttled, submitted, costs = noCosts, settingsNow} = wish;
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
    costs,
    ...(settingsNow && {settingsNow}),
    login: () => now.login,
    configure(next) {
      now = next;
      door.trust(next);
    },
  };
}
