import {connect, headers, type Msg, type NatsConnection, type NodeConnectionOptions} from '@nats-io/transport-node';
import {OutsideError} from '../../spec/errors.ts';
import {CircuitBreaker} from '../circuit-breaker.ts';
import {pause, systemClock} from '../clock.ts';
import type {Log} from '../log.ts';
import {wordsOf} from '../workers/outside-failure.ts';

export interface BrokerParts {
  readonly options: NodeConnectionOptions;
  /** For people, without credentials: `nats://broker.example:4222`. */
  readonly address: string;
  readonly log: Log;
}

/** Of one process, since it began. */
export interface BrokerCounts {
  readonly in: number;
  readonly out: number;
  readonly reconnects: number;
  /** Messages that were none of ours: dropped. */
  readonly garbage: number;
}

const againMs = 500;

/**
 * This process's connection to NATS. It is made in the background and made anew when it is lost; meanwhile whoever wants
 * something is refused at once (`broker-unavailable`, transient). What JetStream does not do stands behind a circuit breaker.
 */
export class Broker {
  readonly #parts: BrokerParts;
  readonly #closing = new AbortController();
  readonly #connected = Promise.withResolvers<NatsConnection>();
  readonly #upListeners = new Set<() => void>();
  readonly #breaker: CircuitBreaker;
  /** Whoever waits for an answer that a lost connection does not bring any more. */
  readonly #waiting = new Set<(error: OutsideError) => void>();
  #connection?: NatsConnection;
  #trouble: string | undefined = 'is being connected to';
  #reconnects = 0;
  #garbage = 0;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#connected.promise.catch(() => undefined);
    this.#breaker = new CircuitBreaker({
      failures: 5,
      restMs: 1000,
      isFailure: () => true,
      refusal: last => this.#unavailable(wordsOf(last), last),
      clock: systemClock,
    });
    void this.#begin();
  }

  get address(): string {
    return this.#parts.address;
  }

  /** Whether others see what is said: nothing secret goes over such a connection. */
  get inClear(): boolean {
    return !this.#parts.options.tls;
  }

  /** In words; undefined when it is well. */
  trouble(): string | undefined {
    if (this.#trouble !== undefined) return this.#trouble;
    const broken = this.#breaker.trouble;
    return broken && `JetStream does not answer: ${wordsOf(broken.last)}`;
  }

  counts(): BrokerCounts {
    const stats = this.#connection?.stats();
    return {in: stats?.inMsgs ?? 0, out: stats?.outMsgs ?? 0, reconnects: this.#reconnects, garbage: this.#garbage};
  }

  /** What came was none of ours. */
  drop(subject: string, why: string): void {
    this.#garbage += 1;
    this.#parts.log.debug({subject, why}, 'a message was dropped');
  }

  /** Resolves once there was a connection; rejects when it is closed before. */
  connected(): Promise<NatsConnection> {
    return this.#connected.promise;
  }

  /** Told each time there is a connection (again). Returns how to stop. */
  onUp(listener: () => void): () => void {
    this.#upListeners.add(listener);
    if (this.#trouble === undefined) listener();
    return () => this.#upListeners.delete(listener);
  }

  /** Listens from when there is a connection on, through reconnections. Returns how to stop. */
  subscribe(subject: string, heard: (message: Msg) => void, queue?: string): () => void {
    const stopped = new AbortController();
    const subscribe = (connection: NatsConnection) => {
      if (stopped.signal.aborted) return;
      const callback = (error: Error | null, message: Msg) =>
        error ? this.#parts.log.warn({subject, why: wordsOf(error)}, 'the broker refuses to tell') : heard(message);
      const subscription = connection.subscribe(subject, {callback, ...(queue !== undefined && {queue})});
      stopped.signal.addEventListener('abort', () => !connection.isClosed() && subscription.unsubscribe(), {
        once: true,
      });
    };
    this.#connected.promise.then(subscribe, () => undefined);
    return () => stopped.abort();
  }

  /** A hint: lost when nobody hears it. */
  tell(subject: string, payload: string): void {
    if (this.#trouble === undefined) this.#connection?.publish(subject, payload);
  }

  /** Errors: OutsideError `broker-unavailable`; those of nats, when nobody answers (in time). */
  async request(subject: string, payload: string | Uint8Array, timeoutMs: number): Promise<Msg> {
    const answered = this.#up().request(subject, payload, {timeout: timeoutMs});
    const {promise: lost, reject} = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      return await Promise.race([answered, lost]);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  /** Something of JetStream's, behind the circuit breaker. Errors: OutsideError `broker-unavailable`, or its own. */
  durably<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    return this.#breaker.run(async () => work(this.#up()));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connected.reject(new Error('closed'));
    await this.#connection?.close();
  }

  #up(): NatsConnection {
    if (!this.#connection || this.#trouble !== undefined) throw this.#unavailable(this.#trouble ?? '');
    return this.#connection;
  }

  async #begin(): Promise<void> {
    const {options, log, address} = this.#parts;
    while (!this.#closing.signal.aborted) {
      try {
        const connection = await connect({...defaults, ...options});
        if (this.#closing.signal.aborted) return await connection.close();
        this.#connection = connection;
        log.info({broker: address}, 'connected to the broker');
        void this.#watch(connection);
        this.#connected.resolve(connection);
        this.#well();
        return;
      } catch (error) {
        this.#ails(wordsOf(error));
        await pause(systemClock, againMs, this.#closing.signal);
      }
    }
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#ails('the connection was lost');
      else if (status.type === 'reconnect') {
        this.#reconnects += 1;
        this.#well();
      } else if (status.type === 'error')
        this.#parts.log.warn({broker: this.#parts.address, why: wordsOf(status.error)}, 'the broker complains');
    }
  }

  #well(): void {
    this.#trouble = undefined;
    for (const listener of this.#upListeners) listener();
  }

  #ails(why: string): void {
    const {log, address} = this.#parts;
    if (this.#trouble !== `does not answer: ${why}`) log.warn({broker: address, why}, 'the broker does not answer');
    this.#trouble = `does not answer: ${why}`;
    for (const reject of this.#waiting) reject(this.#unavailable(this.#trouble));
  }

  #unavailable(why: string, cause?: unknown): OutsideError {
    return new OutsideError({
      code: 'broker-unavailable',
      message: `the broker at ${this.#parts.address} ${why}`,
      hint: 'It is tried again all the time. Is it up, and reachable from here?',
      transient: true,
      cause,
    });
  }
}

/** Tried again for ever, soon; a peer that is dead is noticed within six seconds. */
const defaults: NodeConnectionOptions = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: againMs,
  reconnectJitter: 200,
  reconnectJitterTLS: 200,
  ignoreAuthErrorAbort: true,
  pingInterval: 2000,
  maxPingOut: 2,
  timeout: 5000,
};

/** Headers of nats, as pairs. */
export function withHeaders(pairs: Readonly<Record<string, string>>) {
  const all = headers();
  for (const [name, value] of Object.entries(pairs)) all.set(name, value);
  return all;
}
