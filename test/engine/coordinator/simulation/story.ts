import type {CoordinatorSettings} from '../../../../src/engine/coordinator/coordinator.ts';
import {defaultCoordinatorSettings} from '../../../../src/engine/coordinator/settings.ts';
import type {Submission} from '../../../../src/engine/coordinator/store/store.ts';
import type {Workload} from '../../../../src/engine/spec/workload.ts';
import {Random} from '../../scheduler/queue/random.ts';
import {checkHistory} from '../harness/check-history.ts';
import {ann, workloadNamed} from '../store/samples.ts';
import type {Break} from './breaks.ts';
import {Faults} from './faults.ts';
import {recordOf} from './record-of.ts';
import {type Served, SimWorld, withTimeOfDay} from './sim-world.ts';
import type {SqliteInMemory} from './sqlite-in-memory.ts';

export interface Played {
  readonly violations: readonly string[];
  /** What happened, line by line: the same for the same seed. */
  readonly trace: readonly string[];
}

const second = 1000;
/** Longer than anybody who was fenced may run on. */
const longest = 15 * second;
/** Of simulated time, for everything to end once all is well. */
const patience = 900 * second;

/** One history, from a seed: what people ask for and what goes wrong, until all is well again and everything has ended. */
export class Story {
  readonly #random: Random;
  readonly #world: SimWorld;
  readonly #faults: Faults;
  /** Most are short, so that there can be many; faults that need each other to do harm need few more steps. */
  readonly #size: 'small' | 'large';
  readonly #preempts: boolean;
  readonly #submitted: Submission[] = [];
  readonly #acknowledged = new Map<string, {readonly id: string; readonly idempotencyKey?: string}>();
  /** What runs and should not, since all is well: for how many seconds. */
  readonly #strays = new Map<string, number>();
  readonly #jobMs?: number;
  /** Asked to pause, cancel or go on: not in line any more. */
  readonly #asked = new Set<string>();

  constructor(seed: number, sqlite: SqliteInMemory, broken?: Break) {
    this.#jobMs = broken?.jobMs;
    this.#random = new Random(seed);
    const random = this.#random;
    this.#size = random.chance(0.9) ? 'small' : 'large';
    this.#preempts = random.chance(0.3);
    const settings: CoordinatorSettings = {
      ...defaultCoordinatorSettings,
      // Half of what people have: what does not depend on it (how often events are read) costs half as much.
      lease: {ttlMs: 2000, renewMs: 1000, marginMs: 300, pollMs: 800},
      silence: {beatMs: 1000, suspectMs: 2500, lostMs: 5000},
      round: {everyMs: 1500},
      outsideFailures: {max: 1000, initialMs: 500, maxMs: 4000},
      poisonWorkers: 1000,
      queue: {
        ...defaultCoordinatorSettings.queue,
        preemption: {...defaultCoordinatorSettings.queue.preemption, enabled: this.#preempts},
      },
    };
    this.#world = new SimWorld(random, sqlite, 1 + random.below(3), settings, broken);
    this.#faults = new Faults(this.#world, random, () => this.#forgetRestored());
    for (let count = this.#size === 'small' ? 1 + random.below(2) : 2 + random.below(2); count > 0; count -= 1)
      this.#world.serve();
  }

  play(): Promise<Played> {
    const {time} = this.#world;
    return withTimeOfDay(time, async () => {
      await time.pass(this.#random.below(1500));
      for (
        let steps = this.#size === 'small' ? 2 + this.#random.below(4) : 5 + this.#random.below(14);
        steps > 0;
        steps -= 1
      ) {
        await this.#step();
        await time.pass(this.#random.of([0, 5, 20, 200, 1000, 3000]));
      }
      await this.#settle();
      return this.#judge();
    });
  }

  async #step(): Promise<void> {
    const kind = this.#random.next();
    if (kind < 0.36) this.#submit();
    else if (kind < 0.4) this.#wish();
    else if (kind < 0.48) await this.#whileItIsPlaced();
    else await this.#faults.happen();
  }

  #submit(): void {
    const random = this.#random;
    const batch = Array.from({length: random.of([1, 1, 1, 1, 3])}, () => this.#submission());
    this.#submitted.push(...batch);
    const alive = this.#world.alive();
    if (alive.length > 0) this.#send(batch, random.of(alive), 3);
  }

  /** As a client does that wants to know: again, under the same key, elsewhere. */
  #send(batch: readonly Submission[], served: Served, tries: number): void {
    const {restoredAt} = this.#faults;
    this.#world
      .ask(served, coordinator => coordinator.submit(batch))
      .then(
        accepted =>
          // An answer that was under way when the database was put back is of the one before.
          restoredAt === this.#faults.restoredAt &&
          accepted.forEach(({id}, index) => {
            this.#acknowledged.set(id, {id, idempotencyKey: batch[index]!.idempotencyKey});
          }),
        () => {
          const alive = this.#world.alive();
          if (tries > 1 && alive.length > 0) this.#send(batch, this.#random.of(alive), tries - 1);
        },
      );
  }

  #submission(): Submission {
    const random = this.#random;
    const number = this.#submitted.length + 1000 * this.#world.served.length;
    const before = random.chance(0.15) ? this.#submitted.at(-1) : undefined;
    const parts: Partial<Workload> = {
      type: 'sim',
      with: {
        ms: this.#jobMs ?? (random.chance(0.02) ? longest : random.of([100, 500, 2000, 6000])),
        failures: random.of([0, 0, 0, 1, 2]),
      },
      resources: {cpu: random.of([1, 1, 2, 4])},
      priority: random.of([50, 50, 50, 90]),
      retries: {max: 5, backoff: {initialMs: 500, factor: 2, maxMs: 4000, jitter: true}},
      onLost: random.chance(0.2) ? 'wait' : 'reschedule',
      ...(random.chance(0.2) && {checkpoint: {everyMs: 1500, graceMs: 1000, signal: 'SIGUSR1', keep: 3}}),
      ...(random.chance(0.1) && {concurrency: {key: 'k', max: 1}}),
      ...(random.chance(0.1) && {timeoutMs: 3000}),
      ...(before && {after: [{workload: before.workload.name, on: 'always' as const}]}),
    };
    return {
      id: `01934567-89ab-7cde-8f01-${String(random.below(1e12)).padStart(12, '0')}`,
      customer: random.of(['acme', 'bolt']),
      workload: workloadNamed(`w${number}`, parts),
      inputs: {},
      actor: ann,
      ...(random.chance(0.5) && {idempotencyKey: `k${number}`}),
    };
  }

  /** Submitted, and asked for something else while it is being placed; or who places it sleeps then. */
  async #whileItIsPlaced(): Promise<void> {
    this.#submit();
    await this.#world.time.pass(this.#random.below(60));
    if (this.#random.chance(0.5)) this.#wish(this.#submitted.at(-1));
    else this.#faults.leaderSleeps();
  }

  #wish(of: Submission | undefined = undefined): void {
    const random = this.#random;
    if (this.#submitted.length === 0 || this.#world.alive().length === 0) return;
    const {id} = of ?? random.of(this.#submitted);
    const wish = random.of(['cancel', 'pause', 'resume', 'retry'] as const);
    this.#asked.add(id);
    this.#world.note(`${wish} ${id}`);
    this.#world.ask(random.of(this.#world.alive()), each => each.ask('everyone', id, wish, ann)).catch(() => undefined);
  }

  /** What was acknowledged after a backup that was put back is lost, and may be. */
  #forgetRestored(): void {
    this.#acknowledged.clear();
  }

  /** Nothing goes wrong any more, and what was paused goes on; until everything has ended. */
  async #settle(): Promise<void> {
    const {time, database} = this.#world;
    this.#faults.mend();
    for (let waited = 0; waited < patience; waited += second) {
      await this.#undrain();
      const paused = await database.inspect(session =>
        session.rows<{id: string}>("select id from workloads where state = 'PAUSED'"),
      );
      for (const {id} of paused) this.#resume(id);
      await time.pass(second);
      await this.#lookForStrays();
      const open = "select id from workloads where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED')";
      const left = this.#world.hosts.some(host => host.found().length > 0);
      if (!left && (await database.inspect(session => session.rows(open))).length === 0) return;
    }
  }

  /** Where all is well, whatever runs and is no attempt that the database has there is ended soon. */
  async #lookForStrays(): Promise<void> {
    const placed = await this.#world.database.inspect(session =>
      session.rows<{key: string}>(
        "select id || '.' || attempt || ' ' || worker as key from workloads where worker is not null",
      ),
    );
    const known = new Set(placed.map(({key}) => key));
    for (const host of this.#world.hosts)
      for (const {workload, attempt, running} of host.found()) {
        const key = `${workload}.${attempt} ${host.name}`;
        const seconds = running && !known.has(key) ? (this.#strays.get(key) ?? 0) + 1 : 0;
        this.#strays.set(key, seconds);
        if (seconds === 8) this.#world.wrong.push(`left running: ${key}`);
      }
  }

  async #undrain(): Promise<void> {
    const drained = 'select name from workers where drained';
    const rows = await this.#world.database.inspect(session => session.rows<{name: string}>(drained));
    const served = this.#world.leader();
    for (const {name} of served ? rows : [])
      this.#world.ask(served!, each => each.drain(name, false, ann)).catch(() => undefined);
  }

  #resume(id: string): void {
    const served = this.#world.leader();
    this.#asked.add(id);
    if (served) this.#world.ask(served, each => each.ask('everyone', id, 'resume', ann)).catch(() => undefined);
  }

  async #judge(): Promise<Played> {
    const record = await recordOf(this.#world, this.#faults.restoredAt, {
      acknowledged: [...this.#acknowledged.values()],
      submitted: this.#submitted,
      asked: this.#asked,
    });
    const events = record.events.map(({actor, data, ...event}) => JSON.stringify({...event, actor: actor.name, data}));
    return {violations: [...this.#world.wrong, ...checkHistory(record)], trace: [...this.#world.trace, ...events]};
  }
}
