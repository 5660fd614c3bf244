import type {HostName} from '../../spec/stack.ts';
import {type Exact, exact, kinds} from './amounts.ts';
import {ChangeLog} from './change-log.ts';
import {portsClash} from './ports.ts';
import type {HostPort, RunningAttempt, WorkerView} from './request.ts';
import {neighbourKey} from './shape-key.ts';

/** Who holds a place on a worker, or has it kept. */
export interface Holder extends Pick<RunningAttempt, 'id' | 'name' | 'customer' | 'shape' | 'worker'> {
  readonly kept?: boolean;
}

type Amounts = Readonly<Record<(typeof kinds)[number], Float64Array>>;

/** One worker, and what is on it; `view` is absent while nobody has told of it. */
interface Site {
  view?: WorkerView;
  readonly holders: Map<string, Holder>;
  /** By workload name: how many run here, have a place kept here, and avoid that name. */
  readonly present: Map<string, number>;
  readonly expected: Map<string, number>;
  readonly avoided: Map<string, number>;
}

/**
 * All workers with what is free on them, as arrays in the order of their names: thousands are looked at for one
 * placement. `changes` names each worker whenever anything of it changed, `viewChanges` when it was told anew.
 */
export class Fleet {
  names: readonly HostName[] = [];
  free: Amounts = arrays(0);
  capacity: Amounts = arrays(0);
  /** How many workloads are on each. */
  busy = new Int32Array(0);
  /** Grows when there are other workers: indexes of before mean nothing any more. */
  epoch = 0;
  /** Grows when a worker comes, goes, or may be used or not for another reason: what is parked is told anew. */
  troubles = 0;
  readonly changes = new ChangeLog();
  readonly viewChanges = new ChangeLog();
  readonly #sites = new Map<HostName, Site>();
  #known: readonly Site[] = [];
  #indexes = new Map<HostName, number>();
  readonly #avoided = new Map<string, number>();

  get size(): number {
    return this.names.length;
  }

  /** Of all workers. */
  cores(): number {
    return this.capacity.cpu.reduce((all, cpu) => all + cpu, 0) / 1e6;
  }

  /** All workers that there are. */
  setWorkers(views: readonly WorkerView[]): void {
    const told = new Set(views.map(({name}) => name));
    const same = told.size === this.size && views.every(({name}) => this.#indexes.has(name));
    if (same) {
      for (const view of views) this.setWorker(view);
      return;
    }
    for (const name of this.names) if (!told.has(name)) this.#site(name).view = undefined;
    for (const view of views) this.#site(view.name).view = view;
    this.#rebuild();
  }

  setWorker(view: WorkerView): void {
    const index = this.#indexes.get(view.name);
    const site = this.#site(view.name);
    const before = site.view;
    if (before && JSON.stringify(before) === JSON.stringify(view)) return;
    site.view = view;
    if (before?.unusable !== view.unusable || before?.drained !== view.drained) this.troubles += 1;
    if (index === undefined) {
      this.#rebuild();
      return;
    }
    this.#count(index);
    this.changes.add(index);
    this.viewChanges.add(index);
  }

  removeWorker(name: HostName): void {
    if (!this.#indexes.has(name)) return;
    this.#site(name).view = undefined;
    this.#rebuild();
  }

  take(holder: Holder): void {
    this.#site(holder.worker).holders.set(holder.id, holder);
    this.#move(holder, 1);
  }

  release({worker, id}: Pick<Holder, 'worker' | 'id'>): void {
    const {holders} = this.#site(worker);
    const holder = holders.get(id);
    if (!holder) return;
    holders.delete(id);
    this.#move(holder, -1);
  }

  view(index: number): WorkerView {
    return this.#known[index]!.view!;
  }

  indexOf(name: HostName): number | undefined {
    return this.#indexes.get(name);
  }

  holders(index: number): Iterable<Holder> {
    return this.#known[index]!.holders.values();
  }

  /** Whether one of the workload name (`neighbourKey`) runs there. */
  isPresent(index: number, neighbour: string): boolean {
    return this.#known[index]!.present.has(neighbour);
  }

  /** Whether one of the workload name runs there or will. */
  isTaken(index: number, neighbour: string): boolean {
    return this.isPresent(index, neighbour) || this.#known[index]!.expected.has(neighbour);
  }

  /** Whether one runs there or will that avoids the workload name. */
  isAvoidedOn(index: number, neighbour: string): boolean {
    return this.#known[index]!.avoided.has(neighbour);
  }

  /** Whether anything that runs anywhere avoids the workload name. */
  isAvoided(neighbour: string): boolean {
    return this.#avoided.has(neighbour);
  }

  /** Who has one of these ports there: `workload report`, `others`; undefined when all are free. */
  portTaken(index: number, ports: readonly HostPort[]): {readonly port: HostPort; readonly by: string} | undefined {
    const {view, holders} = this.#known[index]!;
    for (const port of ports) {
      if (view!.ports.some(taken => portsClash(port, taken))) return {port, by: 'others'};
      for (const holder of holders.values()) {
        if (holder.shape.ports.some(taken => portsClash(port, taken))) return {port, by: `workload ${holder.name}`};
      }
    }
    return undefined;
  }

  #move(holder: Holder, sign: 1 | -1): void {
    const site = this.#site(holder.worker);
    bump(holder.kept ? site.expected : site.present, neighbourKey(holder.customer, holder.name), sign);
    for (const {workload} of holder.shape.avoid) {
      bump(site.avoided, neighbourKey(holder.customer, workload), sign);
      bump(this.#avoided, neighbourKey(holder.customer, workload), sign);
    }
    const index = this.#indexes.get(holder.worker);
    if (index !== undefined) {
      const need = exact(holder.shape.resources);
      for (const kind of kinds) this.free[kind][index]! -= sign * need[kind];
      this.busy[index]! += sign;
      this.changes.add(index);
    } else if (site.holders.size === 0 && !site.view) {
      this.#sites.delete(holder.worker);
    }
  }

  #site(name: HostName): Site {
    const site: Site = this.#sites.get(name) ?? {
      holders: new Map(),
      present: new Map(),
      expected: new Map(),
      avoided: new Map(),
    };
    this.#sites.set(name, site);
    return site;
  }

  #rebuild(): void {
    const known = [...this.#sites].filter(([, {view}]) => view !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    this.names = known.map(([name]) => name);
    this.#known = known.map(([, site]) => site);
    this.#indexes = new Map(this.names.map((name, index) => [name, index]));
    for (const [name, site] of this.#sites) if (!site.view && site.holders.size === 0) this.#sites.delete(name);
    this.free = arrays(this.size);
    this.capacity = arrays(this.size);
    this.busy = new Int32Array(this.size);
    for (let index = 0; index < this.size; index += 1) this.#count(index);
    this.changes.reset(this.size);
    this.viewChanges.reset(this.size);
    this.epoch += 1;
    this.troubles += 1;
  }

  /** What is free there, counted from nothing. */
  #count(index: number): void {
    const {view, holders} = this.#known[index]!;
    const capacity = exact(view!.capacity);
    const needs: Exact[] = [...holders.values()].map(({shape}) => exact(shape.resources));
    this.busy[index] = holders.size;
    for (const kind of kinds) {
      this.capacity[kind][index] = capacity[kind];
      this.free[kind][index] = needs.reduce((rest, need) => rest - need[kind], capacity[kind]);
    }
  }
}

const arrays = (size: number): Amounts => ({
  cpu: new Float64Array(size),
  memory: new Float64Array(size),
  gpu: new Float64Array(size),
  disk: new Float64Array(size),
});

function bump(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
