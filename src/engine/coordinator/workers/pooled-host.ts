import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../../hosts/connection.ts';
import {argv} from '../../hosts/index.ts';
import {observe} from '../../runtime/observe.ts';
import type {ReachableHost} from '../../runtime/observed.ts';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {Gpu, Host} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {WorkerBeat} from '../store/store.ts';
import {beatOfHost, gpusOf, portsTakenBy} from './host-beat.ts';
import {wordsOf} from './outside-failure.ts';
import type {PooledWorker} from './worker-pool.ts';

/** Connects to a host; the connection makes itself anew when it was lost. */
export type ConnectHost = (host: Host, signal: AbortSignal) => Promise<Connection>;

export interface PooledHostParts {
  readonly connect: ConnectHost;
  readonly silence: CoordinatorSettings['silence'];
  readonly log: Log;
  readonly onChange: () => void;
}

/** What else runs on a host, and so what is left of it for workloads, is looked at this often. */
const lookEveryMs = 60_000;
const tickMs = 500;

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
  #failure?: string;
  #silentMs = 0;
  #epoch = 0;
  #lookIn = 0;

  constructor(host: Host, parts: PooledHostParts) {
    this.host = host;
    this.name = host.name;
    this.#parts = parts;
    this.#ticking = setInterval(() => this.#tick(), tickMs);
    this.#beating = this.#keepBeating();
  }

  beat(): WorkerBeat | undefined {
    return this.#seen && beatOfHost(this.host, this.#seen, this.#trouble);
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

  /** Counted, not measured: a process that was stopped does not take its own sleep for its hosts' silence. */
  #tick(): void {
    const {suspectMs, lostMs} = this.#parts.silence;
    const before = this.#silentMs;
    this.#silentMs += tickMs;
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
    await this.#connection.run(argv('true'), {timeoutMs: 2 * silence.beatMs, signal});
    if (!this.#seen || this.#lookIn <= 0) await this.#look(this.#connection);
    this.#lookIn -= silence.beatMs;
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

  /** A host that answers and cannot be looked at (its containerd is away) is heard of, and takes nothing new. */
  async #look(connection: Connection): Promise<void> {
    try {
      this.#seen = await observe(connection, {drained: this.host.drain, signal: this.#closing.signal});
      this.#trouble = undefined;
      this.#lookIn = lookEveryMs;
    } catch (error) {
      this.#trouble = wordsOf(error);
      this.#lookIn = 0;
      if (!this.#seen) throw error;
    }
  }
}
