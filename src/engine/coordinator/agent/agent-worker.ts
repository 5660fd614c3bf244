import {randomUUID} from 'node:crypto';
import {UserError} from '../../spec/errors.ts';
import type {Measures} from '../../telemetry/metrics/measures.ts';
import type {Tracing} from '../../telemetry/tracing/index.ts';
import {type Clock, pause} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Log} from '../log.ts';
import type {Broker} from '../nats/broker.ts';
import {type AttemptRef, type Beat, beatAnswer, type Orders, read, type Said, version} from '../nats/messages.ts';
import {beatOf, pokeOf} from '../nats/subjects.ts';
import type {AttemptReport, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {CheckpointKeeper, WorkloadType} from '../types/workload-type.ts';
import type {Execution} from '../workers/execution.ts';
import {Executions} from '../workers/executions.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import type {AgentStore} from './agent-store.ts';
import type {Saying} from './saying.ts';

export interface AgentParts {
  readonly name: string;
  /** Of its data folder. */
  readonly home: string;
  readonly version: string;
  readonly region?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly broker: Broker;
  /** This machine, as the only worker in it. */
  readonly pool: WorkerPool;
  readonly types: ReadonlyMap<string, WorkloadType>;
  readonly store: AgentStore;
  readonly saying: Saying;
  readonly keeper: CheckpointKeeper;
  readonly settings: Pick<CoordinatorSettings, 'silence' | 'startsPerWorker'>;
  readonly clock: Clock;
  readonly measures: Measures;
  readonly tracing: Tracing;
  readonly log: Log;
}

const answerMs = 2000;

/**
 * A worker of its own: tells the leading coordinator every two seconds, or as often as that wants, that it is there and what it carries out, and does
 * what the answer says. Nothing is ended because nobody answers.
 */
export class AgentWorker {
  readonly executions: Executions;
  /** Rejects with UserError when the coordinators do not want it. */
  readonly refused: Promise<never>;
  /** Resolves with the first orders of a leader. */
  readonly registered: Promise<void>;
  readonly #parts: AgentParts;
  readonly #instance = randomUUID();
  readonly #closing = new AbortController();
  readonly #refused = Promise.withResolvers<never>();
  readonly #registered = Promise.withResolvers<void>();
  readonly #refs = new Map<WorkloadId, WorkloadRow>();
  readonly #beating: Promise<void>;
  readonly #stops: readonly (() => void)[];
  #wake = Promise.withResolvers<void>();
  #generation = 0;
  #ahead = 0;
  #leaving = false;
  #refusedSince?: number;
  #trouble?: string;
  #beatMs: number;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#beatMs = parts.settings.silence.beatMs;
    this.refused = this.#refused.promise;
    this.refused.catch(() => undefined);
    this.registered = this.#registered.promise;
    this.executions = new Executions({
      store: parts.store,
      keeper: parts.keeper,
      workers: parts.pool,
      types: parts.types,
      clock: parts.clock,
      measures: parts.measures,
      tracing: parts.tracing,
      log: parts.log,
      startsPerWorker: parts.settings.startsPerWorker,
      suspectMs: parts.settings.silence.suspectMs,
      now: () => Math.round(parts.clock.monotonicMs() + this.#ahead),
      report: (report, signal) => parts.saying.say(stateOf(report), signal),
      ended: (row, {checkpoint: _, ...end}, said, signal) => {
        return parts.saying.say({v: version, kind: 'end', of: refOf(row), end, ...said}, signal);
      },
      onCheckpoint: () => undefined,
      onDone: ({id, attempt}) => {
        if (this.#refs.get(id)?.attempt === attempt) this.#refs.delete(id);
        this.wake();
      },
    });
    const wake = () => this.wake();
    const {broker, pool} = parts;
    this.#stops = [broker.subscribe(pokeOf(parts.name), wake), broker.onUp(wake), pool.subscribe(wake)];
    this.#beating = this.#keepBeating();
  }

  /** The attempt of a workload that is carried out here. */
  row(id: WorkloadId): WorkloadRow | undefined {
    return this.#refs.get(id);
  }

  ref(id: WorkloadId): AttemptRef | undefined {
    const row = this.#refs.get(id);
    return row && refOf(row);
  }

  /** Beats now. */
  wake(): void {
    this.#wake.resolve();
  }

  /**
   * Takes nothing new. What can write a checkpoint does, and goes elsewhere; the others have until shortly before the
   * deadline to end, and begin anew elsewhere then.
   */
  async leave(deadlineMs: number): Promise<void> {
    const {clock} = this.#parts;
    this.#leaving = true;
    this.wake();
    for (const {id} of this.executions.all())
      if (this.#refs.get(id)?.workload.checkpoint) this.executions.get(id)?.want('drain');
    await this.#untilIdle(Math.max(0, deadlineMs - Math.min(5000, deadlineMs / 2)));
    for (const execution of this.executions.all()) execution.want('drain');
    await this.#untilIdle(Math.min(5000, deadlineMs / 2));
    // A beat that says that nothing is left.
    if ([...this.executions.all()].length === 0)
      await Promise.race([this.#beatOnce().catch(() => undefined), pause(clock, answerMs)]);
  }

  /** Lets go of what runs, which goes on. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const stop of this.#stops) stop();
    this.wake();
    await Promise.all([this.#beating, this.executions.release('this worker ends')]);
  }

  async #untilIdle(ms: number): Promise<void> {
    const {clock} = this.#parts;
    const until = clock.monotonicMs() + ms;
    while ([...this.executions.all()].length > 0 && clock.monotonicMs() < until) await pause(clock, 50);
  }

  async #keepBeating(): Promise<void> {
    const {clock, log, broker} = this.#parts;
    const {signal} = this.#closing;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      let again = false;
      try {
        again = await this.#beatOnce();
        if (this.#trouble !== undefined) log.info({}, 'a coordinator answers');
        this.#trouble = undefined;
      } catch (error) {
        const why = broker.trouble() ?? wordsOf(error);
        if (why !== this.#trouble && !signal.aborted) log.warn({why}, 'no coordinator answers; what runs goes on');
        this.#trouble = why;
      }
      if (again) continue;
      const resting = new AbortController();
      const rest = pause(clock, this.#beatMs, AbortSignal.any([resting.signal, signal]));
      await Promise.race([rest, this.#wake.promise]);
      resting.abort();
    }
  }

  /** Whether there is more to be told at once. */
  async #beatOnce(): Promise<boolean> {
    const {broker, name} = this.#parts;
    const beat = this.#beat();
    if (!beat) return false;
    const {data} = await broker.request(beatOf(name), JSON.stringify(beat), answerMs);
    const answer = read(beatAnswer, data);
    if (!answer) {
      broker.drop(beatOf(name), 'the answer is not understood');
      return false;
    }
    if (answer.generation < this.#generation) return false;
    this.#generation = answer.generation;
    if (answer.kind === 'refused') this.#refuse(answer.code, answer.message);
    else this.#obey(answer);
    return answer.kind === 'orders' && answer.more;
  }

  #beat(): Beat | undefined {
    const {name, home, region, labels, pool, version: release} = this.#parts;
    const here = pool.worker(name);
    const seen = here?.beat();
    if (!here || !seen) return undefined;
    return {
      v: version,
      instance: this.#instance,
      home,
      version: release,
      worker: {
        ...(region !== undefined && {region}),
        labels: {...labels},
        capacity: seen.capacity,
        ...(seen.unusable !== undefined && {unusable: seen.unusable.slice(0, 2000)}),
      },
      ports: here
        .ports()
        .map(({protocol, host, address}) => ({protocol, host, ...(address !== undefined && {address})})),
      running: [...this.executions.all()].map(({id, attempt}) => ({
        workload: id,
        attempt,
        lease: this.#refs.get(id)?.lease ?? '',
      })),
      leaving: this.#leaving,
    };
  }

  #refuse(code: string, message: string): void {
    const {clock, settings} = this.#parts;
    const now = clock.monotonicMs();
    this.#refusedSince ??= now;
    // The other may have gone a moment ago.
    if (code === 'worker-name-taken' && now - this.#refusedSince < settings.silence.lostMs) return;
    const hint = code === 'worker-name-taken' ? 'Give this one another name (--name), or stop the other.' : undefined;
    this.#refused.reject(new UserError({code, message, hint}));
  }

  #obey({now, beatMs, end, keep, begin}: Orders): void {
    const {clock, saying} = this.#parts;
    this.#refusedSince = undefined;
    this.#beatMs = beatMs ?? this.#beatMs;
    this.#ahead = now - clock.monotonicMs();
    saying.heardLeader();
    for (const {workload, attempt} of end) this.fence(workload, attempt);
    for (const {workload, attempt, wanted, lost} of keep) {
      const execution = this.executions.get(workload);
      if (execution?.attempt !== attempt) continue;
      if (wanted) execution.want(wanted);
      if (!lost) continue;
      execution.lost();
      execution.found();
    }
    for (const {row, wanted} of begin) {
      this.#begin(row);
      if (wanted) this.executions.get(row.id)?.want(wanted);
    }
    this.#registered.resolve();
  }

  /** One that runs already under an older number is ended first; the new one comes with a later answer. */
  #begin(row: WorkloadRow): void {
    const before = this.executions.get(row.id);
    if (before) {
      if (before.attempt < row.attempt) this.fence(row.id, before.attempt);
      return;
    }
    this.#refs.set(row.id, row);
    this.#parts.measures.add('niyanta_attempts_carried_out_total', {});
    this.executions.begin(row);
    if (!this.executions.get(row.id)) this.#cannot(row);
    if (this.#leaving) this.executions.get(row.id)?.want('drain');
  }

  #cannot(row: WorkloadRow): void {
    this.#refs.delete(row.id);
    const reason = `worker ${this.#parts.name} knows no workload type ${row.workload.type}`;
    const of = refOf(row);
    const end = {outcome: 'outside', reason} as const;
    void this.#parts.saying.say({v: version, kind: 'end', of, end}, this.#closing.signal);
  }

  fence(workload: WorkloadId, attempt: number): void {
    const execution = this.executions.get(workload) as Execution | undefined;
    if (execution?.attempt !== attempt || execution.over) return;
    execution
      .fence()
      .catch(error => this.#parts.log.warn({workload, why: wordsOf(error)}, 'a fenced attempt was not ended'));
  }
}

const refOf = ({id, attempt, lease}: WorkloadRow): AttemptRef => ({workload: id, attempt, lease: lease ?? ''});

function stateOf({workload, attempt, lease, to, progress, restoredFrom}: AttemptReport): Said {
  if (to !== 'STARTING' && to !== 'RUNNING' && to !== 'CHECKPOINTING') throw new Error(`${to} is no state on the way`);
  return {v: version, kind: 'state', of: {workload, attempt, lease}, to, progress, restoredFrom};
}
