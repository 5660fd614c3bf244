import {createHash, randomBytes} from 'node:crypto';
import {z} from 'zod';
import {Slots} from '../../hosts/slots.ts';
import {OutsideError} from '../../spec/errors.ts';
import {type Clock, pause} from '../clock.ts';
import type {Log} from '../log.ts';
import {type Broker, withHeaders} from '../nats/broker.ts';
import {type Part, read, type Said, type SaidAnswer, saidAnswer, version} from '../nats/messages.ts';
import {saidOf, sayOf} from '../nats/subjects.ts';
import {wordsOf} from '../workers/outside-failure.ts';

export interface SayingParts {
  readonly broker: Broker;
  readonly worker: string;
  readonly clock: Clock;
  readonly log: Log;
}

const partBytes = 512 * 1024;
const ackMs = 2000;
const againMs = 500;
/** A leader that answered so many beats, and not this, has not got it (a broker that lost its disk). */
const patienceBeats = 8;

type Answer = SaidAnswer['answer'];

/**
 * What this worker says of its attempts. It is durable once the broker's stream has it, and done once a coordinator
 * answers that the database does; until then it is said again.
 */
export class Saying {
  readonly #parts: SayingParts;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #slots = new Slots(4);
  readonly #stop: () => void;
  #beats = 0;
  #beat = Promise.withResolvers<void>();

  constructor(parts: SayingParts) {
    this.#parts = parts;
    this.#stop = parts.broker.subscribe(saidOf(parts.worker), message => {
      const answer = read(saidAnswer, message.data);
      if (answer) this.#waiting.get(answer.id)?.(answer.answer);
      else parts.broker.drop(message.subject, 'answers nothing');
    });
  }

  close(): void {
    this.#stop();
  }

  /** A leader answers. */
  heardLeader(): void {
    this.#beats += 1;
    this.#beat.resolve();
    this.#beat = Promise.withResolvers();
  }

  /** Resolves when the database has it, or refuses it; `fenced` when the signal is aborted before. */
  async say(said: Said, signal: AbortSignal): Promise<'counted' | 'fenced'> {
    const content = Buffer.from(JSON.stringify(said));
    while (!signal.aborted) {
      const id = newId();
      const {promise, resolve} = Promise.withResolvers<Answer>();
      this.#waiting.set(id, resolve);
      try {
        await this.#send(id, 'said', content, signal);
        const answer = await Promise.race([promise, this.#patience(signal)]);
        if (answer !== undefined) return answer === 'counted' ? 'counted' : 'fenced';
      } finally {
        this.#waiting.delete(id);
      }
    }
    return 'fenced';
  }

  /** Resolves with its SHA-256 when it is in the stream, and so in the database before whatever is said after it. */
  async keep(content: Uint8Array, signal: AbortSignal): Promise<string> {
    await this.#send(newId(), 'content', content, signal);
    signal.throwIfAborted();
    return createHash('sha256').update(content).digest('hex');
  }

  async #send(id: string, kind: Part['kind'], content: Uint8Array, signal: AbortSignal): Promise<void> {
    const {clock, log, worker} = this.#parts;
    const leave = await this.#slots.take(signal);
    try {
      for (let told = false; !signal.aborted; told = true) {
        try {
          return await this.#sendOnce(id, kind, content);
        } catch (error) {
          if (!told) log.warn({worker, why: wordsOf(error)}, 'what is to be said waits for the broker');
          await pause(clock, againMs, signal);
        }
      }
    } finally {
      leave();
    }
  }

  async #sendOnce(id: string, kind: Part['kind'], content: Uint8Array): Promise<void> {
    const count = Math.max(1, Math.ceil(content.length / partBytes));
    for (let index = 0; index < count; index += 1) {
      const about: Part = {v: version, id, index, count, kind};
      await this.#sendPart(about, content.subarray(index * partBytes, (index + 1) * partBytes));
    }
  }

  /** The same part twice is one, within two minutes. */
  #sendPart(about: Part, data: Uint8Array): Promise<void> {
    const headers = withHeaders({Niyanta: JSON.stringify(about), 'Nats-Msg-Id': `${about.id}.${about.index}`});
    const {broker, worker} = this.#parts;
    return broker.durably(async connection => {
      const {data: answer} = await connection.request(sayOf(worker), data, {headers, timeout: ackMs});
      const ack = read(stored, answer);
      if (ack === undefined || 'error' in ack)
        throw notStored(ack?.error.description ?? 'the answer is not understood');
    });
  }

  async #patience(signal: AbortSignal): Promise<undefined> {
    const since = this.#beats;
    const aborted = pause(this.#parts.clock, 2 ** 31 - 1, signal);
    while (!signal.aborted && this.#beats - since < patienceBeats) await Promise.race([this.#beat.promise, aborted]);
    return undefined;
  }
}

/** What JetStream answers (its API, PubAck). */
const stored = z.union([
  z.object({error: z.object({description: z.string()})}),
  z.object({stream: z.string(), seq: z.number()}),
]);

const notStored = (why: string): OutsideError =>
  new OutsideError({code: 'broker-full', message: `the broker does not keep it: ${why}`, transient: true});

const newId = (): string => randomBytes(12).toString('hex');
