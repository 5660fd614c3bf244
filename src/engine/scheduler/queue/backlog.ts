import {Heap} from './heap.ts';
import type {CustomerId, QueuedWorkload, WorkloadId} from './request.ts';
import {shapeKey} from './shape-key.ts';

/** One workload that waits. */
export interface Entry {
  readonly workload: QueuedWorkload;
  readonly shapeKey: string;
  /** In the lane that it starts from; absent until its time has come. */
  lane?: Lane;
  gone: boolean;
}

/** Workloads of a group that are held up by the same things: one name, one concurrency key. In order of acceptance. */
export class Lane {
  readonly key: string;
  readonly concurrency: QueuedWorkload['concurrency'];
  #entries = new Heap<Entry>(earlier);
  #live = 0;

  constructor(key: string, concurrency: QueuedWorkload['concurrency']) {
    this.key = key;
    this.concurrency = concurrency;
  }

  get size(): number {
    return this.#live;
  }

  /** The one accepted first. */
  head(): Entry | undefined {
    while (this.#entries.peek()?.gone) this.#entries.pop();
    return this.#entries.peek();
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#live += 1;
  }

  /** After the entry was marked as gone. */
  left(): void {
    this.#live -= 1;
    if (this.#entries.size < 2 * this.#live + 64) return;
    const entries = new Heap<Entry>(earlier);
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) if (!entry.gone) entries.push(entry);
    this.#entries = entries;
  }
}

/** Workloads of one customer with the same priority and shape: they start in order of acceptance. */
export interface Group {
  readonly customer: CustomerId;
  readonly priority: number;
  readonly shapeKey: string;
  readonly lanes: Map<string, Lane>;
}

/** Everything that waits, by customer and group. */
export class Backlog {
  readonly #entries = new Map<WorkloadId, Entry>();
  readonly #groups = new Map<CustomerId, Map<string, Group>>();
  readonly #shapes = new Map<string, number>();
  readonly #later = new Heap<Entry>((a, b) => a.workload.notBefore! < b.workload.notBefore!);

  get size(): number {
    return this.#entries.size;
  }

  get(id: WorkloadId): Entry | undefined {
    return this.#entries.get(id);
  }

  add(workload: QueuedWorkload): void {
    const entry: Entry = {workload, shapeKey: shapeKey(workload.shape, workload.customer), gone: false};
    this.#entries.set(workload.id, entry);
    this.#shapes.set(entry.shapeKey, this.withShape(entry.shapeKey) + 1);
    if (workload.notBefore === undefined) this.#enter(entry);
    else this.#later.push(entry);
  }

  remove(id: WorkloadId): QueuedWorkload | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    entry.gone = true;
    const alike = this.withShape(entry.shapeKey) - 1;
    if (alike === 0) this.#shapes.delete(entry.shapeKey);
    else this.#shapes.set(entry.shapeKey, alike);
    this.#leave(entry);
    return entry.workload;
  }

  /** Lets those in whose time has come. */
  wake(now: number): void {
    for (let entry = this.#later.peek(); entry; entry = this.#later.peek()) {
      if (!entry.gone && entry.workload.notBefore! > now) return;
      this.#later.pop();
      if (!entry.gone) this.#enter(entry);
    }
  }

  /** Customers that have workloads whose time has come. */
  customers(): Iterable<CustomerId> {
    return this.#groups.keys();
  }

  groupsOf(customer: CustomerId): Iterable<Group> {
    return this.#groups.get(customer)?.values() ?? [];
  }

  entriesOf(customer: CustomerId): Entry[] {
    return [...this.#entries.values()].filter(({workload}) => workload.customer === customer);
  }

  /** How many wait with this shape, of all customers. */
  withShape(key: string): number {
    return this.#shapes.get(key) ?? 0;
  }

  #enter(entry: Entry): void {
    const {customer, priority, name, concurrency} = entry.workload;
    const groups = this.#groups.get(customer) ?? new Map<string, Group>();
    this.#groups.set(customer, groups);
    const key = groupKey(entry);
    const group: Group = groups.get(key) ?? {customer, priority, shapeKey: entry.shapeKey, lanes: new Map()};
    groups.set(key, group);
    const laneKey = `${name}\n${concurrency === undefined ? '' : `${concurrency.max} ${concurrency.key}`}`;
    const lane = group.lanes.get(laneKey) ?? new Lane(laneKey, concurrency);
    group.lanes.set(laneKey, lane);
    lane.add(entry);
    entry.lane = lane;
  }

  #leave(entry: Entry): void {
    const {lane} = entry;
    if (!lane) return;
    lane.left();
    if (lane.size > 0) return;
    const {customer} = entry.workload;
    const groups = this.#groups.get(customer)!;
    const group = groups.get(groupKey(entry))!;
    group.lanes.delete(lane.key);
    if (group.lanes.size === 0) groups.delete(groupKey(entry));
    if (groups.size === 0) this.#groups.delete(customer);
  }
}

const earlier = (a: Entry, b: Entry): boolean => a.workload.seq < b.workload.seq;

const groupKey = ({workload, shapeKey: key}: Entry): string => `${workload.priority}\n${key}`;
