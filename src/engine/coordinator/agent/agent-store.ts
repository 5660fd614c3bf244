import {z} from 'zod';
import {OutsideError} from '../../spec/errors.ts';
import {type Clock, pause} from '../clock.ts';
import {ask} from '../nats/answering.ts';
import type {Broker} from '../nats/broker.ts';
import {type Asked, type AttemptRef, checkpointRow, fileRow, version} from '../nats/messages.ts';
import {askOf} from '../nats/subjects.ts';
import type {AttemptRow, NewCheckpoint, Scope, Store, WorkloadId} from '../store/store.ts';
import type {AttemptStore} from '../workers/execution-parts.ts';
import type {Saying} from './saying.ts';

export interface AgentStoreParts {
  readonly broker: Broker;
  readonly worker: string;
  readonly saying: Saying;
  readonly clock: Clock;
  /** The attempt of a workload that is carried out here. */
  readonly refOf: (id: WorkloadId) => AttemptRef | undefined;
  /** Aborted when this worker ends. */
  readonly signal: AbortSignal;
}

const askMs = 10_000;
const againMs = 500;

/** What attempts need of the coordinators' database, asked for over the broker; waits while nobody answers. */
export class AgentStore implements AttemptStore, Pick<Store, 'blob' | 'file' | 'putBlob' | 'identity'> {
  readonly #parts: AgentStoreParts;

  constructor(parts: AgentStoreParts) {
    this.#parts = parts;
  }

  identity(): Promise<string> {
    return this.ask({kind: 'identity'}, z.string().min(1).max(200));
  }

  attempts(_: Scope, workload: WorkloadId): Promise<readonly AttemptRow[]> {
    return this.ask({kind: 'attempts', workload}, attemptRows as unknown as z.ZodType<readonly AttemptRow[]>);
  }

  checkpoints(_: Scope, workload: WorkloadId) {
    return this.ask({kind: 'checkpoints', workload}, z.array(checkpointRow));
  }

  /** What is dropped for it is removed by whoever stores it. */
  async addCheckpoint({workload, attempt, lease, ...checkpoint}: NewCheckpoint, keep: number) {
    const of = {workload, attempt, lease};
    const said = {v: version, kind: 'checkpoint', of, checkpoint, keep} as const;
    return {outcome: await this.#parts.saying.say(said, this.#parts.signal), dropped: []};
  }

  async markCorrupt(id: WorkloadId, number: number, reason: string): Promise<void> {
    const of = this.#parts.refOf(id);
    if (!of) return;
    const said = {v: version, kind: 'corrupt', of, number, reason: reason.slice(0, 2000)} as const;
    await this.#parts.saying.say(said, this.#parts.signal);
  }

  putBlob(content: Uint8Array): Promise<string> {
    return this.#parts.saying.keep(content, this.#parts.signal);
  }

  async blob(sha256: string): Promise<Uint8Array | undefined> {
    const chunks: Buffer[] = [];
    for (let offset = 0; ; ) {
      const chunk = await this.ask({kind: 'content', sha256, offset}, contentChunk.nullable());
      if (!chunk) return undefined;
      const bytes = Buffer.from(chunk.base64, 'base64');
      chunks.push(bytes);
      offset += bytes.length;
      if (offset >= chunk.size || bytes.length === 0) return Buffer.concat(chunks);
    }
  }

  async file(sha256: string) {
    return (await this.ask({kind: 'file', sha256}, fileRow.nullable())) ?? undefined;
  }

  async secrets(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (names.length === 0) return new Map();
    return new Map(
      Object.entries(await this.ask({kind: 'secrets', names: [...names]}, z.record(z.string(), z.string()))),
    );
  }

  registryAccess(reference: string) {
    return this.ask({kind: 'registry', reference}, registryAccess);
  }

  /**
   * Nobody answers while no coordinator is up, or the broker is away: neither is a reason to end an attempt. Errors: those
   * that the answer tells, as they are.
   */
  async ask<T>(what: Unversioned<Asked>, value: z.ZodType<T>, timeoutMs = askMs): Promise<T> {
    const {broker, worker, clock, signal} = this.#parts;
    for (;;) {
      try {
        return await ask(broker, {subject: askOf(worker), body: what, value, timeoutMs});
      } catch (error) {
        const silent = error instanceof OutsideError && nobody.has(error.code);
        if (!silent || signal.aborted) throw error;
        await pause(clock, againMs, signal);
      }
    }
  }
}

type Unversioned<T> = T extends unknown ? Omit<T, 'v'> : never;

const nobody = new Set(['not-answered', 'broker-unavailable', 'database-unavailable', 'database-unreachable']);

const contentChunk = z.object({size: z.int().min(0), base64: z.string()});

const registryAccess = z.object({http: z.boolean(), username: z.string().optional(), password: z.string().optional()});

const attemptRows = z.array(
  z.looseObject({workload: z.string(), attempt: z.number(), worker: z.string(), startedAt: z.number().optional()}),
);
