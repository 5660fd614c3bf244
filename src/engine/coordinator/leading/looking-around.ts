import type {Queue} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import {withTierLimits} from '../access/index.ts';
import {Schedules} from '../schedules/schedules.ts';
import type {Leadership} from '../store/store.ts';
import type {TermParts} from './term-parts.ts';

const expireEveryMs = 3_600_000;
/** Less is how clocks are kept right. */
const setBackMs = 1000;

export interface LookingAroundParts extends TermParts {
  readonly queue: Queue;
  /** The database's clock jumped to an earlier time. */
  readonly onClockSetBack: () => void;
}

/** What a leader does once a second beside its rounds: clock, heartbeats, drained workers, customers, schedules, old rows. */
export class LookingAround {
  readonly #parts: LookingAroundParts;
  readonly #schedules: Schedules;
  #lookAt = 0;
  #expireAt: number;
  #drained: ReadonlySet<HostName> = new Set();
  #stopping: ReadonlySet<HostName> = new Set();

  constructor(parts: LookingAroundParts) {
    this.#parts = parts;
    this.#schedules = new Schedules({...parts, now: () => parts.storeClock.now()});
    this.#expireAt = parts.clock.monotonicMs() + expireEveryMs;
  }

  /** Workers on which nothing is placed any more, as of the last look. */
  get drained(): ReadonlySet<HostName> {
    return this.#drained;
  }

  /** Those of them on which what has no checkpoints is stopped, too. */
  get stopping(): ReadonlySet<HostName> {
    return this.#stopping;
  }

  /** Something of it changed: the next look is due. */
  soon(): void {
    this.#lookAt = 0;
  }

  async ifDue(leadership: Leadership): Promise<void> {
    const {clock, settings, storeClock, queue, log} = this.#parts;
    if (clock.monotonicMs() < this.#lookAt) return;
    this.#lookAt = clock.monotonicMs() + settings().round.everyMs;
    const before = storeClock.now();
    await storeClock.sync();
    if (storeClock.now() < before - setBackMs) this.#parts.onClockSetBack();
    await this.#beat();
    queue.setSettings(settings().queue);
    for (const customer of await this.#parts.store.customers())
      queue.setCustomer(withTierLimits(customer, settings().tierLimits));
    const fired = await this.#schedules.fireDue(leadership);
    if (fired > 0) log.info({fired}, 'schedules were due');
    if (clock.monotonicMs() >= this.#expireAt) await this.#expire();
  }

  /** One statement for all workers that were heard of. */
  async #beat(): Promise<void> {
    const {store, workers, settings} = this.#parts;
    const heard = workers.workers().filter(worker => worker.silentMs() < settings().silence.suspectMs);
    await store.beat(heard.flatMap(worker => worker.beat() ?? []));
    const drained = (await store.workers()).filter(worker => worker.drained);
    this.#drained = new Set(drained.map(({name}) => name));
    this.#stopping = new Set(drained.filter(({stopping}) => stopping).map(({name}) => name));
  }

  async #expire(): Promise<void> {
    const {store, storeClock, settings, clock} = this.#parts;
    const {eventsMs, workloadsMs} = settings().keep;
    this.#expireAt = clock.monotonicMs() + expireEveryMs;
    await store.expire({events: storeClock.now() - eventsMs, workloads: storeClock.now() - workloadsMs});
  }
}
