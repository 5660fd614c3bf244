import type {Coordinator, CoordinatorSettings} from '../../../../src/engine/coordinator/coordinator.ts';
import {type Log, silentLog} from '../../../../src/engine/coordinator/log.ts';
import {type CoordinatorParts, startCoordinator} from '../../../../src/engine/coordinator/start-coordinator.ts';
import type {Store} from '../../../../src/engine/coordinator/store/store.ts';
import {storeOf} from '../../../../src/engine/coordinator/store/verbs-of.ts';
import {Bug, OutsideError} from '../../../../src/engine/spec/errors.ts';
import type {Random} from '../../scheduler/queue/random.ts';
import type {ContainerEvent} from '../harness/recorded-history.ts';
import type {Break} from './breaks.ts';
import {epoch, SimDatabase} from './sim-database.ts';
import {SimHost} from './sim-host.ts';
import {SimNetwork} from './sim-network.ts';
import {SimPool} from './sim-pool.ts';
import {SimProcess} from './sim-process.ts';
import {SimTime} from './sim-time.ts';
import {SimType} from './sim-type.ts';
import type {SqliteInMemory} from './sqlite-in-memory.ts';

/** One `serve`. */
export interface Served {
  readonly process: SimProcess;
  coordinator?: Coordinator;
}

/** A database, hosts, and the coordinators between them: their real code, in time and on a network that a seed decides. */
export class SimWorld {
  readonly time = new SimTime();
  readonly random: Random;
  readonly network: SimNetwork;
  readonly database: SimDatabase;
  readonly hosts: readonly SimHost[];
  readonly containers: ContainerEvent[] = [];
  /** All there ever were. */
  readonly served: Served[] = [];
  /** What happened, in words. */
  readonly trace: string[] = [];
  /** What must not happen at all, as those to whom it happened say. */
  readonly wrong: string[] = [];
  readonly #broken?: Break;
  readonly #settings: CoordinatorSettings;
  readonly #messages = new SimProcess('messages', this.time);

  constructor(random: Random, sqlite: SqliteInMemory, hosts: number, settings: CoordinatorSettings, broken?: Break) {
    this.#broken = broken;
    this.random = random;
    this.#settings = settings;
    this.network = new SimNetwork(this.time, random);
    this.database = new SimDatabase(this.time, random, sqlite);
    this.hosts = Array.from({length: hosts}, (_, index) => this.#host(`h${index + 1}`));
  }

  /** Starts a process, which starts anew as long as its database does not answer: as systemd would. */
  serve(): Served {
    const process = new SimProcess(`c${this.served.length + 1}`, this.time);
    const served: Served = {process};
    this.served.push(served);
    this.note(`${process.name} starts`);
    const start = () =>
      startCoordinator(this.#parts(process)).then(
        coordinator => {
          served.coordinator = coordinator;
        },
        () => process.after(1000, start),
      );
    void start();
    return served;
  }

  kill(served: Served): void {
    this.note(`${served.process.name} is killed`);
    served.process.kill();
    served.coordinator = undefined;
  }

  /** Those that run, or would if they were not stopped. */
  alive(): readonly Served[] {
    return this.served.filter(({process}) => !process.dead);
  }

  leader(): Served | undefined {
    return this.served.find(({process, coordinator}) => process.runs && coordinator?.leads());
  }

  /** A request of a client to one of them; it may not be answered. */
  ask<T>(served: Served, request: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    const {process} = served;
    return new Promise<T>((resolve, reject) => {
      const late = this.time.after(30_000, () => reject(noAnswer()));
      const answer = (say: () => void) => {
        // Answers of a process that was killed meanwhile never left it.
        if (process.dead) return;
        late();
        this.time.after(this.network.latency(), say);
      };
      this.time.after(this.network.latency(), () => {
        if (process.dead || !served.coordinator) return answer(() => reject(noAnswer()));
        process.tell(() => {
          request(served.coordinator!).then(
            value => answer(() => resolve(value)),
            error => answer(() => reject(error)),
          );
        });
      });
    });
  }

  cut(hosts: readonly SimHost[], processes: readonly Served[]): void {
    this.note(`${hosts.map(({name}) => name)} cut off from ${processes.map(({process}) => process.name)}`);
    for (const host of hosts) for (const {process} of processes) this.network.cut(process, host);
  }

  heal(hosts: readonly SimHost[], processes: readonly Served[]): void {
    for (const host of hosts) for (const {process} of processes) this.network.heal(process, host);
  }

  powerCut(host: SimHost): void {
    this.note(`${host.name} loses its power`);
    host.powerCut();
    for (const {process} of this.alive()) this.network.breaks(process, host);
  }

  note(what: string): void {
    this.trace.push(`${this.time.now} ${what}`);
  }

  #host(name: string): SimHost {
    const host = new SimHost(name, this.time, event => {
      this.containers.push({at: this.time.now, host: name, ...event});
      this.note(`${name}: ${event.workload}.${event.attempt} ${event.what}`);
    });
    this.#broken?.host?.(host);
    return host;
  }

  /** A bug that somebody noticed and lived on with is one all the same. */
  #log(process: SimProcess): Log {
    const telling = globalThis.process.env.NIYANTA_SIM_LOG === undefined ? silentLog : this.#tellingLog(process);
    const noting = (fields: object, text: string) => {
      const {err} = fields as {err?: unknown};
      if (err instanceof Bug || err instanceof TypeError) this.wrong.push(`a bug in ${process.name}: ${err.message}`);
      telling.warn(fields, text);
    };
    return {...telling, warn: noting, error: noting};
  }

  /** Among what happened; errors by their words. */
  #tellingLog(process: SimProcess): Log {
    const tell = (fields: object, text: string) => {
      const words = Object.entries(fields).map(
        ([key, value]) => `${key}=${value instanceof Error ? value.message : value}`,
      );
      this.note(`${process.name}: ${text} ${words.join(' ')}`);
    };
    return {debug: tell, info: tell, warn: tell, error: tell};
  }

  /** What is said of attempts may arrive once more, much later, as a message may. */
  #doublingReports(store: Store): Store {
    const messages = this.#reached(this.#messages);
    return {
      ...store,
      report: reports => {
        if (this.random.chance(0.25))
          this.time.after(this.random.below(15_000), () => void messages.report(reports).catch(() => undefined));
        return store.report(reports);
      },
    };
  }

  #store(process: SimProcess): Store {
    return this.#heldToItsWord(this.#doublingReports(this.#reached(process)));
  }

  #reached(process: SimProcess): Store {
    const connected = this.database.connect(process);
    const store = storeOf(connected, {usageHalfLifeMs: 3_600_000});
    return this.#broken?.store?.(store, connected) ?? store;
  }

  /** Of what the database has placed for whoever asked, the answer says so, however often it was tried. */
  #heldToItsWord(store: Store): Store {
    return {
      ...store,
      place: async (leadership, placements) => {
        const placed = await store.place(leadership, placements);
        const told = new Set(placed.map(({workload}) => workload));
        for (const {workload, attempt, reason} of placements) {
          if (told.has(workload)) continue;
          const actor = `coordinator:${leadership.coordinator}`;
          const made = await this.database.inspect(session =>
            session.rows(
              "select seq from events where workload = $1 and attempt = $2 and to_state = 'SCHEDULED' and actor = $3",
              ...[workload, attempt, actor],
            ),
          );
          if (made.length > 0) this.wrong.push(`not told: ${workload}.${attempt} was placed (${reason})`);
        }
        return placed;
      },
    };
  }

  #parts(process: SimProcess): CoordinatorParts {
    const {random} = this;
    return {
      id: process.name,
      store: this.#store(process),
      workers: new SimPool(process, this.hosts, this.network, this.#settings.silence),
      types: [new SimType(this.network)],
      checkpoints: {keep: never, open: never, drop: async () => {}, trouble: () => undefined},
      settings: this.#settings,
      clock: process,
      random: () => random.next(),
      randomBytes: count => Uint8Array.from({length: count}, () => random.below(256)),
      log: this.#log(process),
    };
  }
}

const never = () => Promise.reject(new OutsideError({code: 'not-simulated', message: 'contents are not simulated'}));
const noAnswer = () => new OutsideError({code: 'no-answer', message: 'no answer', transient: true});

/** The time of day of what asks for it nevertheless (the circuit breaker before the database), while a simulation runs. */
export async function withTimeOfDay<T>(time: SimTime, work: () => Promise<T>): Promise<T> {
  const real = Date.now;
  Date.now = () => epoch + time.now;
  try {
    return await work();
  } finally {
    Date.now = real;
  }
}
