import type {Msg} from '@nats-io/transport-node';
import {z} from 'zod';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {Store, WorkerRow} from '../store/store.ts';
import type {AgentTerm} from '../workers/agent.ts';
import {Listening, lookMs, mostBetweenLooksMs} from '../workers/listening.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import {comesHome} from './answering.ts';
import type {Broker} from './broker.ts';
import {type Beat, type BeatAnswer, beat, read, version} from './messages.ts';
import {PooledAgent} from './pooled-agent.ts';
import {SayStream} from './say-stream.ts';
import {allBeats, workerOf} from './subjects.ts';

export interface AgentPoolParts {
  readonly broker: Broker;
  readonly store: Store;
  readonly silence: CoordinatorSettings['silence'];
  readonly log: Log;
  /** Whether this process reaches a host of this name by itself. */
  readonly isHost: (name: HostName) => boolean;
}

const mostHeldMs = 10_000;
/** One that is silent for so long and has nothing to do is no worker any more. */
const forgottenMs = 600_000;

/** The `niyanta worker` processes that are heard of over the broker. Every coordinator hears them; the leader answers. */
export class AgentPool implements WorkerPool {
  readonly #parts: AgentPoolParts;
  readonly #agents = new Map<HostName, PooledAgent>();
  readonly #listeners = new Set<() => void>();
  readonly #ticking: NodeJS.Timeout;
  readonly #listening = new Listening(performance.now(), mostBetweenLooksMs);
  readonly #stopHearing: () => void;
  #term?: AgentTerm;
  #stream?: SayStream;
  #heldMs = 0;

  private constructor(parts: AgentPoolParts, known: readonly WorkerRow[]) {
    this.#parts = parts;
    for (const row of known) this.#agents.set(row.name, this.#agent(row.name, row));
    this.#ticking = setInterval(() => this.#tick(this.#listening.passed(performance.now())), lookMs);
    this.#stopHearing = parts.broker.subscribe(allBeats, message => void this.#heard(message));
  }

  /** With those that were heard of lately, so that nobody takes them for lost before they could say anything. */
  static async open(parts: AgentPoolParts): Promise<AgentPool> {
    const [rows, now] = await Promise.all([parts.store.workers(), parts.store.now()]);
    return new AgentPool(
      parts,
      rows.filter(({kind, seenAt}) => kind === 'agent' && now - seenAt < forgottenMs),
    );
  }

  workers(): readonly PooledAgent[] {
    return [...this.#agents.values()];
  }

  worker(name: HostName): PooledAgent | undefined {
    return this.#agents.get(name);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  lead(term: AgentTerm): () => Promise<void> {
    const {broker, store, log} = this.#parts;
    this.#term = term;
    const stream = new SayStream({broker, store, log, term, agent: name => this.#agents.get(name)});
    this.#stream = stream;
    this.#heldMs = 0;
    return async () => {
      if (this.#term === term) this.#term = undefined;
      if (this.#stream === stream) this.#stream = undefined;
      await stream.end();
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    this.#stopHearing();
  }

  #agent(name: HostName, known?: WorkerRow): PooledAgent {
    const {broker, silence} = this.#parts;
    return new PooledAgent(name, {broker, silence, onChange: () => this.#tell(), ...(known && {known})});
  }

  /** Nobody is taken for lost before what it said to an earlier leader was read, as long as that can be soon. */
  #tick(ms: number): void {
    if (this.#stream && !this.#stream.caughtUp && this.#heldMs < mostHeldMs) {
      this.#heldMs += ms;
      return;
    }
    for (const agent of this.#agents.values()) {
      agent.tick(ms);
      if (agent.silentMs() >= forgottenMs && agent.idle) this.#agents.delete(agent.name);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #heard(message: Msg): Promise<void> {
    const {broker, log} = this.#parts;
    const name = workerOf(message.subject);
    const heard = read(beat, message.data);
    if (name === undefined) return broker.drop(message.subject, 'is no name of a worker');
    if (!comesHome(message, name)) return broker.drop(message.subject, 'wants its answer elsewhere');
    const refused = heard ? this.#refusal(name, heard) : otherVersion(message);
    if (heard && !refused) this.#take(name, heard);
    else if (!refused) return broker.drop(message.subject, 'is no beat');
    const term = this.#term;
    const leadership = term?.leadership();
    if (!term || !leadership) return;
    const {generation} = leadership;
    try {
      const agent = this.#agents.get(name);
      const answer: BeatAnswer | undefined = refused
        ? {v: version, generation, kind: 'refused', ...refused}
        : heard && (await agent?.orders(heard, this.#parts.store, term, generation));
      if (answer && term.leadership()?.generation === generation) message.respond(JSON.stringify(answer));
      if (agent && heard?.leaving && heard.running.length === 0 && agent.idle) await this.#gone(agent);
    } catch (error) {
      log.warn({worker: name, why: wordsOf(error)}, 'a worker could not be answered');
    }
  }

  #refusal(name: HostName, heard: Beat): Refusal | undefined {
    if (this.#parts.isHost(name))
      return {
        code: 'worker-is-a-host',
        message: `${name} is a host of the coordinator's niyanta.yaml, which it reaches over SSH`,
        final: true,
      };
    if (this.#agents.get(name)?.isTakenFor(heard))
      return {code: 'worker-name-taken', message: `another worker is called ${name}, and answers`, final: true};
    return undefined;
  }

  #take(name: HostName, heard: Beat): void {
    const known = this.#agents.get(name);
    const agent = known ?? this.#agent(name);
    if (!known) {
      this.#agents.set(name, agent);
      this.#parts.log.info({worker: name}, 'a worker has come');
    }
    agent.heard(heard);
  }

  /** It leaves, and nothing of it is left: it is no silent worker, it is none. */
  async #gone(agent: PooledAgent): Promise<void> {
    this.#agents.delete(agent.name);
    this.#tell();
    const last = agent.beat();
    if (last) await this.#parts.store.beat([{...last, unusable: 'it has left'}]);
    this.#parts.log.info({worker: agent.name}, 'a worker has left');
  }
}

type Refusal = Pick<Extract<BeatAnswer, {kind: 'refused'}>, 'code' | 'message' | 'final'>;

function otherVersion(message: Msg): Refusal | undefined {
  const other = read(z.object({v: z.number()}), message.data);
  if (!other || other.v === version) return undefined;
  const words = `the worker speaks version ${other.v} of the messages, this coordinator ${version}`;
  return {code: 'worker-version', message: words, final: true};
}
