import {describe, expect, test} from 'vitest';
import type {Coordinator} from '../../../src/engine/coordinator/coordinator.ts';
import type {EventRow} from '../../../src/engine/coordinator/store/store.ts';
import {hasEnded} from '../../../src/engine/coordinator/workload-states.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {FreezingClock} from './harness/freezing-clock.ts';
import {type Stage, stage} from './harness/stage.ts';
import {ann, newId, submission} from './store/samples.ts';

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hosts = ['h1', 'h2', 'h3', 'h4', 'h5'];
const retries = {max: 50, backoff: {initialMs: 1, factor: 1, maxMs: 5, jitter: true}};

/** One random history: workloads, hosts that come and go, attempts that fail, wishes, leaders that sleep and are followed. */
class History {
  readonly ids: string[] = [];
  readonly #on: Stage;
  readonly #random: () => number;
  readonly #coordinators: {readonly coordinator: Coordinator; readonly clock: FreezingClock}[];

  constructor(on: Stage, clock: FreezingClock, random: () => number) {
    this.#on = on;
    this.#random = random;
    this.#coordinators = [{coordinator: on.coordinator, clock}];
  }

  async step(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.35) await this.#submit();
    else if (kind < 0.65) this.#endSome();
    else if (kind < 0.75) this.#losesHost();
    else if (kind < 0.85) this.#on.pool.silent(0, ...hosts);
    else if (kind < 0.9) await this.#wish();
    else if (kind < 0.95) await this.#reportTwice();
    else await this.#changeLeader();
    await new Promise(resolve => setTimeout(resolve, this.#random() * 10));
  }

  /** Everything may end now. */
  async finish(): Promise<void> {
    for (const {clock} of this.#coordinators) clock.thaw();
    const done = async () => {
      this.#on.pool.silent(0, ...hosts);
      for (const attempt of this.#on.type.attempts.values()) if (!attempt.ended) attempt.end();
      return (await Promise.all(this.ids.map(id => this.#on.state(id)))).filter(state => !hasEnded(state));
    };
    await expect.poll(done, {timeout: 30_000, interval: 50}).toEqual([]);
  }

  async #submit(): Promise<void> {
    const parts = {
      type: 'stage',
      with: {},
      retries,
      onLost: this.#random() < 0.3 ? ('wait' as const) : ('reschedule' as const),
    };
    const one = submission(`w${this.ids.length}`, {id: newId()}, parts);
    await this.#any().submit([one]);
    this.ids.push(one.id);
  }

  #endSome(): void {
    for (const attempt of this.#on.type.attempts.values()) {
      if (attempt.ended || this.#random() < 0.5) continue;
      attempt.end(this.#random() < 0.2 ? {outcome: 'failed', exitCode: 1, reason: 'exit 1'} : {});
    }
  }

  #losesHost(): void {
    const host = this.#of(hosts);
    this.#on.pool.silent(11_000, host);
    const gone = new OutsideError({code: 'connection-lost', message: `${host}: gone`, transient: true});
    for (const attempt of this.#on.type.attempts.values())
      if (attempt.worker === host && !attempt.ended) attempt.break(gone);
  }

  async #wish(): Promise<void> {
    const id = this.ids.length > 0 ? this.#of(this.ids) : undefined;
    if (id)
      await this.#any()
        .ask('everyone', id, this.#of(['cancel', 'retry'] as const), ann)
        .catch(() => undefined);
  }

  /** A message of any attempt there ever was, that comes late. */
  async #reportTwice(): Promise<void> {
    const attempt = [...this.#on.type.attempts.values()].at(0);
    if (!attempt) return;
    const {lease, workload} = attempt.as;
    await this.#on.store.report([{workload: workload.id, attempt: attempt.attempt, lease, to: 'STARTING'}]);
  }

  async #changeLeader(): Promise<void> {
    const leader = this.#coordinators.find(({coordinator}) => coordinator.leads());
    leader?.clock.freeze();
    const clock = new FreezingClock();
    this.#coordinators.push({coordinator: await this.#on.another({}, clock), clock});
    setTimeout(() => leader?.clock.thaw(), 600);
  }

  #any(): Coordinator {
    return this.#of(this.#coordinators).coordinator;
  }

  #of<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

async function allEvents(on: Stage): Promise<readonly EventRow[]> {
  const events: EventRow[] = [];
  for (let page = await on.store.events('everyone', {limit: 500}); page.length > 0; ) {
    events.push(...page);
    page = await on.store.events('everyone', {after: page.at(-1)!.seq, limit: 500});
  }
  return events;
}

// More of them: NIYANTA_HISTORIES=200.
const seeds = Array.from({length: Number(process.env.NIYANTA_HISTORIES ?? 3)}, (_, index) => index + 1);

describe.each(seeds)('history %i', seed => {
  test('loses nothing, ends each attempt once, and only ever has newer leaders', async () => {
    const clock = new FreezingClock();
    const on = await stage(
      hosts,
      {lease: {ttlMs: 400, renewMs: 100, marginMs: 100, pollMs: 20}, poisonWorkers: 100},
      clock,
    );
    const history = new History(on, clock, randomOf(seed));
    for (let i = 0; i < 60; i += 1) await history.step();
    await history.finish();

    const events = await allEvents(on);
    for (const id of history.ids) {
      const mine = events.filter(event => event.workload === id);
      expect(
        mine.some(({to}) => to !== undefined && hasEnded(to)),
        id,
      ).toBe(true);
      // Each attempt is begun once, in order, and succeeds at most once.
      const begun = mine.flatMap(({to, attempt}) => (to === 'SCHEDULED' ? [attempt] : []));
      expect(begun, id).toEqual(begun.map((_, index) => index + 1));
      expect(mine.filter(({to}) => to === 'SUCCEEDED').length, id).toBeLessThanOrEqual(1);
    }
    const generations = events.flatMap(({type, data}) => (type === 'leader.elected' ? [Number(data.generation)] : []));
    expect(generations).toEqual(generations.map((_, index) => index + 1));
    // What was begun on hosts was begun once: an attempt is started by one coordinator, and adopted by others.
    const starts = on.type.history.filter(line => line.startsWith('start '));
    expect(new Set(starts).size).toBe(starts.length);
    // First starts of workloads of one shape, priority and customer are in the order of acceptance; who was cancelled
    // and is tried again comes back behind them.
    const again = new Set(events.flatMap(({from, workload}) => (from === 'CANCELLED' ? [workload!] : [])));
    const first = events.flatMap(({to, attempt, workload}) =>
      to === 'SCHEDULED' && attempt === 1 && !again.has(workload!) ? [workload!] : [],
    );
    expect(first).toEqual(history.ids.filter(id => first.includes(id)));
  });
});
