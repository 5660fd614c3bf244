import type {
  CustomerView,
  Decision,
  QueuedWorkload,
  RunningAttempt,
  WorkerView,
} from '../../../../src/engine/scheduler/queue/index.ts';
import {Queue, type QueueSettings} from '../../../../src/engine/scheduler/queue/index.ts';
import {customer, gibibyte, minute, settings, shape, worker, workload} from './given.ts';
import {type Facts, judge, overcommitted, startable} from './oracle.ts';
import type {Random} from './random.ts';

const people = ['acme', 'bolt', 'cora'];

/**
 * One history of a queue: things happen as a seed decides, and after each round everything is held against the plain
 * facts, and against a queue that was told nothing but these.
 */
export class History {
  readonly #random: Random;
  readonly #queue: Queue;
  #settings: QueueSettings;
  #facts: Facts;
  #seq = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#settings = settings({
      strategy: random.of(['binpack', 'spread'] as const),
      preemption: {enabled: random.chance(0.4)},
      aging: {longestMs: random.of([10 * minute, Number.POSITIVE_INFINITY])},
    });
    this.#queue = new Queue(this.#settings);
    const workers = Array.from({length: 1 + random.below(4)}, (_, index) => this.#worker(`h${index}`));
    const customers = people.map(id => this.#customer(id));
    this.#facts = {workers, customers, running: [], queued: [], now: 1_000_000};
    this.#queue.setWorkers(workers);
    for (const each of customers) this.#queue.setCustomer(each);
  }

  /** Something happens, and sometimes a round follows. */
  step(): void {
    const happenings: readonly [number, () => void][] = [
      [8, () => this.#submit()],
      [1, () => this.#cancel()],
      [5, () => this.#end(false)],
      [2, () => this.#end(true)],
      [2, () => this.#obey()],
      [1, () => this.#checkpoint()],
      [2, () => this.#workerChanges()],
      [1, () => this.#workerLeaves()],
      [1, () => this.#customerChanges()],
      [1, () => this.#strategyChanges()],
      [2, () => this.#timePasses()],
    ];
    this.#random.of(happenings.flatMap(([weight, happen]) => Array.from({length: weight}, () => happen)))();
    if (this.#random.chance(0.6)) this.#round();
  }

  /** Everything that is to stop stops, until nothing more is decided: whoever can start has started. */
  settle(): void {
    for (let round = 0; round < 200; round += 1) {
      for (const {id} of this.#facts.running.filter(({stopping}) => stopping)) this.#ends(id, true);
      if (this.#round().every(({kind}) => kind === 'park') && !this.#facts.running.some(({stopping}) => stopping))
        break;
      this.#facts = {...this.#facts, now: this.#facts.now + 1000};
    }
    const left = startable(this.#facts);
    if (left.length > 0) throw new Error(`could start, and does not: ${left.join(' ')}`);
  }

  #round(): Decision[] {
    const {now} = this.#facts;
    // What has come once stays, even when the clock goes back.
    const due = ({notBefore, ...rest}: QueuedWorkload): QueuedWorkload =>
      notBefore === undefined || notBefore <= now ? rest : {...rest, notBefore};
    this.#facts = {...this.#facts, queued: this.#facts.queued.map(due)};
    const before = this.#facts;
    const over = overcommitted(before);
    const decisions = this.#queue.round(now);
    this.#facts = judge(before, decisions);
    const more = overcommitted(this.#facts).filter(each => !over.includes(each));
    if (more.length > 0) throw new Error(`more is given out than there is: ${more.join(', ')}`);
    if (this.#settings.preemption.enabled) this.#stop(decisions);
    else this.#compare(before, decisions);
    this.#count();
    return decisions;
  }

  /** Kept places are not among the facts, so that only without them another queue must decide the same. */
  #compare(before: Facts, decisions: readonly Decision[]): void {
    const other = new Queue(this.#settings);
    for (const each of this.#random.shuffled(before.running)) other.running(each);
    for (const each of this.#random.shuffled(before.queued)) other.add(each);
    for (const each of this.#random.shuffled(before.customers)) other.setCustomer(each);
    for (const each of this.#random.shuffled(before.workers)) other.setWorker(each);
    const starts = (of: readonly Decision[]) => JSON.stringify(of.filter(({kind}) => kind === 'start'));
    const anew = starts(other.round(before.now));
    if (anew !== starts(decisions)) throw new Error(`decides ${starts(decisions)}, a new queue ${anew}`);
  }

  #stop(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (decision.kind !== 'preempt') continue;
      const asks = this.#facts.queued.find(({id}) => id === decision.for);
      for (const {workload: id} of decision.victims) {
        const victim = this.#facts.running.find(each => each.id === id);
        if (!asks || !victim?.preemptible || victim.stopping) throw new Error(`${id} is stopped for ${decision.for}`);
        this.#renew({...victim, stopping: true});
      }
    }
  }

  #count(): void {
    const {waiting, running, promised} = this.#queue.counts;
    const {running: held, queued} = this.#facts;
    if (running !== held.length || waiting + promised !== queued.length) {
      throw new Error(`counts ${running} and ${waiting} + ${promised}, there are ${held.length} and ${queued.length}`);
    }
  }

  #submit(): void {
    for (let count = 1 + this.#random.below(3); count > 0; count -= 1) {
      this.#seq += 1;
      this.#queueUp(this.#workload(this.#seq));
    }
  }

  #queueUp(queued: QueuedWorkload): void {
    this.#queue.add(queued);
    this.#facts = {...this.#facts, queued: [...this.#facts.queued.filter(({id}) => id !== queued.id), queued]};
  }

  #cancel(): void {
    if (this.#facts.queued.length === 0) return;
    const {id} = this.#random.of(this.#facts.queued);
    if (!this.#queue.remove(id)) throw new Error(`${id} was not queued`);
    this.#facts = {...this.#facts, queued: this.#facts.queued.filter(each => each.id !== id)};
  }

  #end(again: boolean): void {
    if (this.#facts.running.length > 0) this.#ends(this.#random.of(this.#facts.running).id, again);
  }

  /** Somebody who was told to stop does. */
  #obey(): void {
    const stopping = this.#facts.running.find(each => each.stopping);
    if (stopping) this.#ends(stopping.id, true);
  }

  #ends(id: string, again: boolean): void {
    const {
      worker: on,
      startedAt,
      lastCheckpointAt,
      stopping,
      ...rest
    } = this.#facts.running.find(each => each.id === id)!;
    const used = this.#queue.ended(id, this.#facts.now);
    if (!used) throw new Error(`${id} held no place`);
    const {customer: of, ...account} = used;
    this.#facts = {
      ...this.#facts,
      running: this.#facts.running.filter(each => each.id !== id),
      customers: this.#facts.customers.map(each => (each.id === of ? {...each, ...account} : each)),
    };
    if (!again) return;
    const exclude = this.#random.chance(0.2) ? [...rest.shape.exclude, on] : rest.shape.exclude;
    const notBefore = this.#facts.now + this.#random.below(minute);
    this.#queueUp({...rest, notBefore, shape: {...rest.shape, exclude}});
  }

  #checkpoint(): void {
    if (this.#facts.running.length === 0) return;
    this.#renew({...this.#random.of(this.#facts.running), lastCheckpointAt: this.#facts.now});
  }

  #renew(attempt: RunningAttempt): void {
    this.#queue.running(attempt);
    this.#facts = {...this.#facts, running: this.#facts.running.map(each => (each.id === attempt.id ? attempt : each))};
  }

  /** Joins, is drained, falls silent, comes back, grows, shrinks. */
  #workerChanges(): void {
    const view = this.#worker(`h${this.#random.below(5)}`);
    this.#facts = {...this.#facts, workers: [...this.#facts.workers.filter(({name}) => name !== view.name), view]};
    if (this.#random.chance(0.5)) this.#queue.setWorker(view);
    else this.#queue.setWorkers(this.#random.shuffled(this.#facts.workers));
  }

  /** What runs there goes on until it is said to have ended, some of it now. */
  #workerLeaves(): void {
    if (this.#facts.workers.length === 0) return;
    const {name} = this.#random.of(this.#facts.workers);
    this.#queue.removeWorker(name);
    this.#facts = {...this.#facts, workers: this.#facts.workers.filter(each => each.name !== name)};
    for (const {id} of this.#facts.running.filter(each => each.worker === name)) {
      if (this.#random.chance(0.7)) this.#ends(id, true);
    }
  }

  #customerChanges(): void {
    const {id, used, usedAt} = this.#random.of(this.#facts.customers);
    const view = {...this.#customer(id), used, usedAt};
    this.#queue.setCustomer(view);
    this.#facts = {...this.#facts, customers: this.#facts.customers.map(each => (each.id === id ? view : each))};
  }

  #strategyChanges(): void {
    this.#settings = {...this.#settings, strategy: this.#random.of(['binpack', 'spread'] as const)};
    this.#queue.setSettings(this.#settings);
  }

  /** Mostly on; now and then the clock jumps, back as well. */
  #timePasses(): void {
    const by = this.#random.of([1000, 30_000, 5 * minute, 600 * minute, -20 * minute]);
    this.#facts = {...this.#facts, now: this.#facts.now + by};
  }

  #worker(name: string): WorkerView {
    const random = this.#random;
    return worker(name, {
      labels: {disk: random.of(['ssd', 'hdd'])},
      region: random.of([undefined, 'eu']),
      drained: random.chance(0.15),
      unusable: random.chance(0.15) ? 'silent' : undefined,
      ports: random.chance(0.2) ? [{host: 80, protocol: 'tcp'}] : [],
      capacity: {cpu: random.of([1, 2, 4]), memory: random.of([2, 4]) * gibibyte, gpu: random.of([0, 0, 2])},
    });
  }

  #customer(id: string): CustomerView {
    const random = this.#random;
    return customer(id, {
      tier: random.of(['free', 'standard', 'premium', 'unheard of']),
      suspended: random.chance(0.1),
      limits: {
        running: random.of([undefined, undefined, 3]),
        cpu: random.of([undefined, undefined, 2.5]),
        gpu: random.of([undefined, undefined, 1]),
      },
    });
  }

  #workload(seq: number): QueuedWorkload {
    const random = this.#random;
    const rarely = <T>(value: T): T[] => (random.chance(0.12) ? [value] : []);
    return workload(seq, {
      name: random.of(['a', 'b', 'c']),
      customer: random.of(people),
      acceptedAt: this.#facts.now,
      priority: random.of([10, 50, 90]),
      preemptible: random.chance(0.6),
      concurrency: random.chance(0.2) ? {key: random.of(['x', 'y']), max: 1 + random.below(2)} : undefined,
      notBefore: random.chance(0.2) ? this.#facts.now + random.below(10 * minute) : undefined,
      shape: shape({
        resources: {
          cpu: random.of([0, 0.5, 1, 2]),
          memory: random.of([0, gibibyte]),
          gpu: random.of([0, 0, 0, 1]),
        },
        require: random.chance(0.2) ? {disk: random.of(['ssd', 'hdd'])} : {},
        prefer: rarely({match: {region: 'eu'}, weight: 10}),
        ports: rarely({host: 80, protocol: 'tcp' as const}),
        avoid: rarely({workload: random.of(['a', 'b', 'c'])}),
        beside: rarely({workload: random.of(['a', 'b', 'c'])}),
      }),
    });
  }
}
