import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../../hosts/connection.ts';
import {argv} from '../../hosts/index.ts';
import {observe} from '../../runtime/observe.ts';
import type {ReachableHost} from '../../runtime/observed.ts';
import {type Room, reservedByOthers} from '../../runtime/workloads/reserved-lines.ts';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {Gpu, Host} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {WorkerBeat} from '../store/store.ts';
import {beatOfHost, gpusOf, portsTakenBy, roomOf} from './host-beat.ts';
import {Listening, lookMs, mostBetweenLooksMs} from './listening.ts';
import {wordsOf} from './outside-failure.ts';
import type {PooledWorker} from './worker-pool.ts';

/** Connects to a host; the connection makes itself anew when it was lost. */
export type ConnectHost = (host: Host, signal: AbortSignal) => Promise<Connection>;

export interface PooledHostParts {
  readonly connect: ConnectHost;
  /** Whose attempts are this coordinator's; undefined as long as it does not know. */
  readonly owner: () => string | undefined;
  readonly silence: CoordinatorSettings['silence'];
  readonly log: Log;
  readonly onChange: () => void;
}

/** What else runs on a host, and so what is left of it for workloads, is looked at this often. */
const lookEveryMs = 60_000;

/** One host of the pool: connected to, asked for signs of life, and looked at, from its making to its end. */
export class PooledHost implements PooledWorker {
  readonly host: Host;
  readonly name: HostName;
  readonly #parts: PooledHostParts;
  readonly #closing = new AbortController();
  readonly #beating: Promise<void>;
  readonly #ticking: NodeJS.Timeout;
  #connection?: Connection;
  #seen?: ReachableHost;
  #trouble?: string;
  /** What other coordinators run here, as of the last beat. */
  #others: Room = {cpu: 0, memory: 0};
  #failure?: string;
  readonly #listening = new Listening(performance.now(), mostBetweenLooksMs);
  #silentMs = 0;
  /** When something last came from it that was counted as a sign of life. */
  #heardAt = 0;
  #epoch = 0;
  #lookAt = 0;
  #looking?: Promise<void>;

  constructor(host: Host, parts: PooledHostParts) {
    this.host = host;
    this.name = host.name;
    this.#parts = parts;
    this.#ticking = setInterval(() => this.#tick(), lookMs);
    this.#beating = this.#keepBeating();
  }

  beat(): WorkerBeat | undefined {
    return this.#seen && beatOfHost(this.host, this.#seen, this.#trouble, this.#others);
  }

  room(): Room | undefined {
    return this.#seen && roomOf(this.#seen);
  }

  failure(): string | undefined {
    return this.#failure;
  }

  ports(): readonly HostPort[] {
    return this.#seen ? portsTakenBy(this.#seen) : [];
  }

  gpus(): readonly Gpu[] {
    return this.#seen ? gpusOf(this.host, this.#seen) : [];
  }

  silentMs(): number {
    return this.#silentMs;
  }

  epoch(): number {
    return this.#epoch;
  }

  connection(): Connection | undefined {
    return this.#connection;
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    this.#closing.abort();
    await this.#connection?.close();
    await this.#beating;
  }

  /** Whatever came from it is a sign of life: a busy host may answer late, and still sends what is asked of it otherwise. */
  #tick(): void {
    const {suspectMs, lostMs} = this.#parts.silence;
    const before = this.#silentMs;
    this.#silentMs += this.#listening.passed(performance.now());
    const heardAt = this.#connection?.heardAt?.() ?? 0;
    if (heardAt > this.#heardAt && this.#epoch > 0) {
      this.#heardAt = heardAt;
      this.#heard();
      return;
    }
    const passed = (limit: number) => before < limit && this.#silentMs >= limit;
    if (passed(suspectMs) || passed(lostMs)) this.#parts.onChange();
  }

  async #keepBeating(): Promise<void> {
    const {silence} = this.#parts;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#beatOnce();
        this.#failure = undefined;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#fail(wordsOf(error));
      }
      await sleep(silence.beatMs, undefined, {signal: this.#closing.signal}).catch(() => undefined);
    }
  }

  #fail(why: string): void {
    if (why === this.#failure) return;
    this.#failure = why;
    this.#parts.log.warn({host: this.name, why}, 'a host does not answer');
    this.#parts.onChange();
  }

  async #beatOnce(): Promise<void> {
    const {connect, silence} = this.#parts;
    const {signal} = this.#closing;
    this.#connection ??= await connect(this.host, signal);
    const owner = this.#parts.owner();
    const ask = owner === undefined ? undefined : reservedByOthers(owner);
    const {stdout} = await this.#connection.run(ask?.command ?? argv('true'), {timeoutMs: 2 * silence.beatMs, signal});
    if (ask) this.#others = ask.parse(stdout);
    // The first look says whether there is a host to be heard of. Later ones are not waited for: they take seconds where
    // hundreds of containers are being started.
    if (!this.#seen) await this.#look(this.#connection);
    else if (performance.now() >= this.#lookAt) void this.#look(this.#connection);
    this.#heard();
  }

  #heard(): void {
    const wasSilent = this.#epoch === 0 || this.#silentMs >= this.#parts.silence.suspectMs;
    if (this.#epoch === 0 || this.#silentMs >= this.#parts.silence.lostMs) this.#epoch += 1;
    this.#silentMs = 0;
    if (wasSilent) {
      this.#parts.log.info({host: this.name}, 'a host answers');
      this.#parts.onChange();
    }
  }

  #look(connection: Connection): Promise<void> {
    this.#looking ??= this.#lookOnce(connection).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A host that answers and cannot be looked at (its containerd is away) is heard of, and takes nothing new. */
  async #lookOnce(connection: Connection): Promise<void> {
    try {
      this.#seen = await observe(connection, {drained: this.host.drain, signal: this.#closing.signal});
      this.#trouble = undefined;
      this.#lookAt = performance.now() + lookEveryMs;
    } catch (error) {
      if (!this.#seen) throw error;
      this.#trouble = wordsOf(error);
    }
  }
}
