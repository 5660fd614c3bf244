import {newestApplied} from '../../environment-replicas.ts';
import {decide, freshMemory, type ScaleMemory} from '../../scheduler/autoscale/decide.ts';
import type {QueueTarget} from '../../spec/scale.ts';
import type {Service, Stack} from '../../spec/stack.ts';
import type {EnvironmentState} from '../../state/lock-file.ts';
import type {EnvironmentRow, Environments} from '../environments/environments.ts';
import {hostConditions, type ServedParts} from '../environments/served-parts.ts';
import type {Leadership} from '../store/store.ts';
import {HostLooks, type SeenHosts} from './host-looks.ts';
import {measureService} from './measure-service.ts';
import {RepeatedDuty, type RepeatedRound} from './repeated-duty.ts';

export interface AutoscaleParts
  extends Pick<ServedParts, 'store' | 'pool' | 'hosts' | 'openState' | 'settings' | 'clock' | 'log'> {
  readonly environments: Pick<Environments, 'scale'>;
}

const longestRoundMs = 60_000;
const pageSize = 500;
const actor = {name: 'autoscaler'};

/** Has served services follow their load, as their `scale` says, while the coordinator leads. */
export class AutoscaleDuty extends RepeatedDuty {
  constructor(parts: AutoscaleParts) {
    const {clock, log, settings} = parts;
    const everyMs = () => settings().stacks.scaleEveryMs;
    const repetition = {clock, log, everyMs, failed: 'loads could not be looked at'};
    super(repetition, (leadership, signal) => new AutoscaleTerm(parts, leadership, signal));
  }
}

/** Nothing is remembered from one term to the next: a new leader waits as if all had just changed. */
class AutoscaleTerm implements RepeatedRound {
  readonly #parts: AutoscaleParts;
  readonly #leadership: () => Leadership | undefined;
  readonly #signal: AbortSignal;
  readonly #memories = new Map<string, ScaleMemory>();
  readonly #told = new Map<string, string>();
  #seen?: SeenHosts;

  constructor(parts: AutoscaleParts, leadership: () => Leadership | undefined, signal: AbortSignal) {
    this.#parts = parts;
    this.#leadership = leadership;
    this.#signal = signal;
  }

  async round(): Promise<void> {
    const {pool, store} = this.#parts;
    if (!this.#leadership()) return;
    const changing = new Set((await store.openChanges()).map(({environment}) => environment));
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(longestRoundMs)]);
    const {of} = hostConditions(this.#parts);
    const well = (host: string) => (of.get(host) === 'well' ? pool.worker(host)?.connection() : undefined);
    const looks = new HostLooks(well, this.#seen, signal);
    const known = new Set<string>();
    for (const row of await this.#all()) {
      for (const service of await this.#scaled(row)) {
        const name = `${row.id}/${service.service.name}`;
        known.add(name);
        await this.#see(name, row, service, looks, changing.has(row.id) || row.healing === 'paused');
      }
    }
    for (const name of this.#memories.keys()) if (!known.has(name)) this.#memories.delete(name);
    this.#seen = await looks.seen();
  }

  /** Services of an environment that follow their load, as they were applied last. */
  async #scaled({project, environment}: EnvironmentRow): Promise<readonly ScaledService[]> {
    const state = await this.#parts.openState(project);
    try {
      const known = (await state.read()).environments[environment];
      const stack = newestApplied(known)?.stack;
      if (!known || !stack) return [];
      const stopped = new Set(known.stopped);
      return stack.services
        .filter(({name, scale}) => scale && !stopped.has(name))
        .map(service => ({service, stack, known}));
    } finally {
      await state.close();
    }
  }

  /** `waits`: a change goes on, or somebody wants it left alone; figures are looked at all the same. */
  async #see(
    name: string,
    row: EnvironmentRow,
    {service, stack, known}: ScaledService,
    looks: HostLooks,
    waits: boolean,
  ): Promise<void> {
    const {clock, log, environments, hosts} = this.#parts;
    const rule = service.scale!;
    const at = clock.monotonicMs();
    const memory = this.#memories.get(name) ?? freshMemory(at);
    this.#memories.set(name, memory);
    const placements = known.placements[service.name] ?? [];
    const measurements = await measureService(service, {
      stack,
      placements,
      hosts: hosts().map(({name: host}) => host),
      looks,
      waiting: target => this.#waiting(target),
    });
    if (waits) return;
    const decision = decide(rule, {at, replicas: service.replicas, measurements}, memory);
    this.#memories.set(name, decision.memory);
    if (decision.replicas === service.replicas) {
      if (this.#told.get(name) !== decision.reason)
        log.debug({environment: row.id, service: service.name}, decision.reason);
      this.#told.set(name, decision.reason);
      return;
    }
    if (!this.#leadership() || this.#signal.aborted) return;
    log.info({environment: row.id, service: service.name}, `scales: ${decision.reason}`);
    await environments.scale('everyone', row.id, {[service.name]: decision.replicas}, actor);
    await this.#parts.store.note({
      type: 'environment.scaled',
      customer: row.customer,
      actor,
      data: {
        environment: row.id,
        service: service.name,
        from: service.replicas,
        to: decision.replicas,
        reason: decision.reason,
      },
    });
  }

  #waiting({customer, workload, labels}: QueueTarget): Promise<number> {
    return this.#parts.store.waiting(customer === undefined ? 'everyone' : {customer}, {
      labels,
      ...(workload !== undefined && {name: workload}),
    });
  }

  async #all(): Promise<readonly EnvironmentRow[]> {
    const rows: EnvironmentRow[] = [];
    for (let after: string | undefined; ; ) {
      const {items, next} = await this.#parts.store.environments('everyone', {after, limit: pageSize});
      rows.push(...items);
      if (next === undefined) return rows;
      after = next;
    }
  }
}

interface ScaledService {
  readonly service: Service;
  readonly stack: Stack;
  readonly known: EnvironmentState;
}
