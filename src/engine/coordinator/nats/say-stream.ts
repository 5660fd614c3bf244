import {DiscardPolicy, type JsMsg, jetstream, jetstreamManager, RetentionPolicy, StorageType} from '@nats-io/jetstream';
import type {NatsConnection} from '@nats-io/transport-node';
import type {HostName} from '../../spec/stack.ts';
import {pause, systemClock} from '../clock.ts';
import type {Log} from '../log.ts';
import type {Store} from '../store/store.ts';
import type {AgentTerm} from '../workers/agent.ts';
import {letGo, wordsOf} from '../workers/outside-failure.ts';
import type {Broker} from './broker.ts';
import {countSaid} from './count-said.ts';
import {part, read, type SaidAnswer, version} from './messages.ts';
import {Parts} from './parts.ts';
import type {PooledAgent} from './pooled-agent.ts';
import {allSays, saidOf, sayStream, workerOf} from './subjects.ts';

export interface SayStreamParts {
  readonly broker: Broker;
  readonly store: Store;
  readonly log: Log;
  readonly term: AgentTerm;
  readonly agent: (name: HostName) => PooledAgent | undefined;
}

const mostAtOnce = 64;
/** Nothing that is older is worth anything: its attempt was given up long ago. */
const keptNs = 7 * 86_400 * 1e9;
const mostBytes = 2 ** 30;

/**
 * What workers said, in order, from the oldest message that the stream still has: each is removed once the database has
 * it, and its worker is told. Who reads it a second time finds that the database has it already.
 */
export class SayStream {
  readonly #parts: SayStreamParts;
  readonly #over = new AbortController();
  readonly #joined = new Parts();
  readonly #lines = new Map<HostName, Promise<void>>();
  readonly #reading: Promise<void>;
  /** The newest message when this term began to read. */
  #before?: number;
  #caughtUp = false;

  constructor(parts: SayStreamParts) {
    this.#parts = parts;
    this.#reading = this.#read();
  }

  /** All that was said before this term is counted. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Nothing is written any more when it resolves. */
  async end(): Promise<void> {
    this.#over.abort(letGo('this coordinator does not lead any more'));
    await this.#reading;
    await Promise.all(this.#lines.values());
  }

  async #read(): Promise<void> {
    const {broker, log} = this.#parts;
    const {signal} = this.#over;
    while (!signal.aborted) {
      try {
        await Promise.race([broker.connected(), pause(systemClock, 1000, signal)]);
        await this.#readOn(await broker.durably(prepare));
      } catch (error) {
        if (!signal.aborted) log.debug({why: wordsOf(error)}, 'what workers said could not be read');
      }
      await pause(systemClock, 300, signal);
    }
  }

  async #readOn(connection: NatsConnection): Promise<void> {
    await this.#lookHowFar(connection);
    const consumer = await jetstream(connection).consumers.get(sayStream, {filter_subjects: allSays});
    const messages = await consumer.consume({max_messages: 500, idle_heartbeat: 1000, expires: 10_000});
    const stop = () => void messages.close().catch(() => undefined);
    this.#over.signal.addEventListener('abort', stop, {once: true});
    // The term may have ended while the stream was opened.
    if (this.#over.signal.aborted) stop();
    void this.#watch(messages.status(), stop);
    try {
      for await (const message of messages) {
        if (this.#over.signal.aborted) return;
        await this.#take(message);
        await this.#noteHowFar(message.seq);
      }
    } finally {
      this.#over.signal.removeEventListener('abort', stop);
      stop();
    }
  }

  async #lookHowFar(connection: NatsConnection): Promise<void> {
    if (this.#before !== undefined) return;
    const {streams} = await jetstreamManager(connection, {checkAPI: false});
    const {messages, last_seq} = (await streams.info(sayStream)).state;
    this.#before = last_seq;
    this.#caughtUp = messages === 0;
  }

  async #noteHowFar(seq: number): Promise<void> {
    if (this.#caughtUp || this.#before === undefined || seq < this.#before) return;
    await Promise.all(this.#lines.values());
    this.#caughtUp = true;
  }

  /** A stream that is gone (a broker that lost its disk) is made anew. */
  async #watch(statuses: AsyncIterable<{readonly type: string}>, stop: () => void): Promise<void> {
    for await (const {type} of statuses)
      if (type === 'stream_not_found' || type === 'consumer_deleted' || type === 'consumer_not_found') stop();
  }

  async #take(message: JsMsg): Promise<void> {
    const {broker, log} = this.#parts;
    const worker = workerOf(message.subject);
    const about = read(part, message.headers?.get('Niyanta') ?? '');
    const whole =
      worker === undefined || !about ? undefined : this.#joined.add(worker, about, message.data, message.seq);
    if (worker === undefined || !about || whole === 'wrong') {
      broker.drop(message.subject, 'is nothing that a worker says');
      return this.#remove([message.seq]);
    }
    if (!whole) return;
    while (this.#lines.size >= mostAtOnce && !this.#lines.has(worker)) await Promise.race(this.#lines.values());
    const before = this.#lines.get(worker) ?? Promise.resolve();
    const line = before
      .then(() => this.#count(worker, whole))
      .catch(error => log.warn({worker, why: wordsOf(error)}, 'what a worker said could not be counted'))
      .finally(() => this.#lines.get(worker) === line && this.#lines.delete(worker));
    this.#lines.set(worker, line);
    await Promise.race([line, pause(systemClock, 0)]);
  }

  /** The database has it, then its worker is told, then it is removed. */
  async #count(
    worker: HostName,
    whole: {
      readonly id: string;
      readonly kind: 'content' | 'said';
      readonly content: Buffer;
      readonly seqs: readonly number[];
    },
  ): Promise<void> {
    const {broker, store, term, agent, log} = this.#parts;
    const {signal} = this.#over;
    for (let waitMs = 100; !signal.aborted; waitMs = Math.min(2 * waitMs, 5000)) {
      try {
        const answer = await countSaid(worker, whole, {
          store,
          term,
          signal,
          agent: agent(worker),
          drop: why => broker.drop(worker, why),
        });
        const generation = term.leadership()?.generation;
        if (answer === undefined || generation === undefined) return;
        const told: SaidAnswer = {v: version, generation, id: whole.id, answer};
        broker.tell(saidOf(worker), JSON.stringify(told));
        return await this.#remove(whole.seqs);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({worker, why: wordsOf(error)}, 'what a worker said waits for the database');
        await pause(systemClock, waitMs, signal);
      }
    }
  }

  /** What is left by mistake is counted once more by the next leader, which changes nothing. */
  async #remove(seqs: readonly number[]): Promise<void> {
    const remove = async (connection: NatsConnection) => {
      const {streams} = await jetstreamManager(connection, {checkAPI: false});
      await Promise.all(seqs.map(seq => streams.deleteMessage(sayStream, seq, false).catch(() => false)));
    };
    await this.#parts.broker.durably(remove).catch(() => undefined);
  }
}

/** Makes the stream where it is not there. */
async function prepare(connection: NatsConnection): Promise<NatsConnection> {
  const manager = await jetstreamManager(connection, {checkAPI: false});
  await manager.streams.info(sayStream).catch(() =>
    manager.streams.add({
      name: sayStream,
      subjects: [allSays],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      // A worker cannot have the broker's own answer to it purge what others said.
      deny_purge: true,
      max_age: keptNs,
      max_bytes: mostBytes,
      duplicate_window: 120 * 1e9,
    }),
  );
  return connection;
}
