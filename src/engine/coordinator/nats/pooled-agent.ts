import {z} from 'zod';
import type {HostPort} from '../../scheduler/queue/index.ts';
import type {HostName} from '../../spec/stack.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Store, WorkerBeat, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {AttemptLogLine, FoundAttempt} from '../types/workload-type.ts';
import type {Agent, AgentTerm} from '../workers/agent.ts';
import type {PooledWorker} from '../workers/worker-pool.ts';
import {holdsPlace} from '../workload-states.ts';
import {ask} from './answering.ts';
import {AssignedAttempt} from './assigned-attempt.ts';
import type {Broker} from './broker.ts';
import {type Beat, type BeatAnswer, checkpointRow, type Ordered, type Orders, version} from './messages.ts';
import {readAgentLog} from './read-agent-log.ts';
import {doOf, pokeOf} from './subjects.ts';

export interface PooledAgentParts {
  readonly broker: Broker;
  readonly silence: CoordinatorSettings['silence'];
  readonly onChange: () => void;
  /** As the database had it when this process began; it was not heard of since. */
  readonly known?: WorkerBeat;
}

const answerMs = 10_000;
/** Rows in one answer, in bytes of JSON: a message has at most 1 MiB. */
const mostBytes = 500_000;

/** One `niyanta worker` process as a coordinator sees it: by its beats. */
export class PooledAgent implements PooledWorker, Agent {
  readonly name: HostName;
  readonly agent = this;
  readonly #parts: PooledAgentParts;
  readonly #assigned = new Map<WorkloadId, AssignedAttempt>();
  #beat?: Beat;
  #silentMs = 0;
  #epoch = 0;

  constructor(name: HostName, parts: PooledAgentParts) {
    this.name = name;
    this.#parts = parts;
  }

  beat(): WorkerBeat | undefined {
    if (!this.#beat) return this.#parts.known;
    const {worker, leaving} = this.#beat;
    const unusable = leaving ? 'it is leaving' : worker.unusable;
    return {
      name: this.name,
      kind: 'agent',
      ...(worker.region !== undefined && {region: worker.region}),
      labels: worker.labels,
      capacity: worker.capacity,
      ...(unusable !== undefined && {unusable}),
    };
  }

  failure(): string | undefined {
    return this.#beat ? undefined : 'its niyanta worker was not heard of yet';
  }

  ports(): readonly HostPort[] {
    return this.#beat?.ports ?? [];
  }

  silentMs(): number {
    return this.#silentMs;
  }

  epoch(): number {
    return this.#epoch;
  }

  connection(): undefined {
    return undefined;
  }

  get idle(): boolean {
    return this.#assigned.size === 0;
  }

  /** Whether another process has this name and is well. One of the same data folder has taken its place. */
  isTakenFor({instance, home}: Beat): boolean {
    const before = this.#beat;
    const well = this.#silentMs < this.#parts.silence.suspectMs;
    return before !== undefined && well && before.instance !== instance && before.home !== home;
  }

  heard(beat: Beat): void {
    const {suspectMs, lostMs} = this.#parts.silence;
    const before = this.#beat;
    const anew = before?.instance !== beat.instance;
    const changed = anew || this.#silentMs >= suspectMs || before?.leaving !== beat.leaving;
    if (anew || this.#silentMs >= lostMs) this.#epoch += 1;
    this.#beat = beat;
    this.#silentMs = 0;
    const running = new Set(beat.running.map(({workload, attempt}) => `${workload}.${attempt}`));
    for (const each of this.#assigned.values()) if (!running.has(`${each.id}.${each.attempt}`)) each.left();
    if (changed) this.#parts.onChange();
  }

  /** So much time has passed in which this process could have heard it. */
  tick(ms: number): void {
    const {suspectMs, lostMs} = this.#parts.silence;
    const before = this.#silentMs;
    this.#silentMs += ms;
    const passed = (limit: number) => before < limit && this.#silentMs >= limit;
    if (passed(lostMs)) for (const each of this.#assigned.values()) each.left();
    if (passed(suspectMs) || passed(lostMs)) this.#parts.onChange();
  }

  assign(row: WorkloadRow): AssignedAttempt {
    const assigned = new AssignedAttempt(row, {
      poke: () => this.#parts.broker.tell(pokeOf(this.name), ''),
      checkpoint: why => {
        const graceMs = row.workload.checkpoint?.graceMs ?? 30_000;
        const order = {kind: 'checkpoint', workload: row.id, attempt: row.attempt, why} as const;
        return this.#order(order, checkpointRow, graceMs + answerMs);
      },
      onGone: () => {
        if (this.#assigned.get(row.id) === assigned) this.#assigned.delete(row.id);
      },
    });
    this.#assigned.set(row.id, assigned);
    return assigned;
  }

  assigned(id: WorkloadId, attempt: number): AssignedAttempt | undefined {
    const known = this.#assigned.get(id);
    return known?.attempt === attempt ? known : undefined;
  }

  found(endsSince?: number): Promise<readonly FoundAttempt[]> {
    const order = {kind: 'found', ...(endsSince !== undefined && {endsSince})} as const;
    return this.#order(order, foundAttempts, 30_000);
  }

  async clear({workload, attempt}: Pick<FoundAttempt, 'workload' | 'attempt'>): Promise<void> {
    await this.#order({kind: 'clear', workload, attempt}, z.null(), 60_000);
  }

  logs(
    row: WorkloadRow,
    options: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
  ): AsyncIterable<AttemptLogLine> {
    return readAgentLog(this.#parts.broker, this.name, row, options);
  }

  /** What it has to do, by the database and by what this term decided. */
  async orders(beat: Beat, store: Pick<Store, 'workload'>, term: AgentTerm, generation: number): Promise<BeatAnswer> {
    const keep: Orders['keep'] = [];
    const end: Orders['end'] = [];
    const listed = new Set<string>();
    for (const ref of beat.running) {
      const known = this.assigned(ref.workload, ref.attempt);
      const mine = known?.row.lease === ref.lease && !known.over;
      if (mine) listed.add(ref.workload);
      if (mine || (await this.#isIts(ref, store))) {
        const {workload, attempt} = ref;
        keep.push({workload, attempt, ...(mine && known.wanted && {wanted: known.wanted}), lost: mine && known.isLost});
      } else end.push(ref);
    }
    const waiting = [...this.#assigned.values()].filter(each => !each.over && !listed.has(each.id));
    const {begin, more} = fitting(waiting, tooLarge => this.#refuse(tooLarge, term));
    const {beatMs} = this.#parts.silence;
    return {v: version, generation, kind: 'orders', now: term.now(), beatMs, keep, end, begin, more};
  }

  async #isIts({workload, attempt, lease}: Beat['running'][number], store: Pick<Store, 'workload'>): Promise<boolean> {
    const row = await store.workload('everyone', workload);
    const same = row?.attempt === attempt && row.lease === lease && row.worker === this.name;
    return same && holdsPlace(row.state);
  }

  #refuse(assigned: AssignedAttempt, term: AgentTerm): void {
    const reason = 'what it says is more than a message to a worker may hold; run it on a host over SSH';
    assigned.told();
    void term
      .ended(assigned.row, {outcome: 'failed', reason, hopeless: true}, {}, new AbortController().signal)
      .finally(() => assigned.left());
  }

  #order<T>(order: Unversioned<Ordered>, value: z.ZodType<T>, timeoutMs: number): Promise<T> {
    return ask(this.#parts.broker, {subject: doOf(this.name), body: order, value, timeoutMs});
  }
}

type Unversioned<T> = T extends unknown ? Omit<T, 'v'> : never;

const foundAttempts = z
  .array(
    z.object({
      workload: z.string().max(200),
      attempt: z.int().min(1),
      running: z.boolean(),
      ended: z.enum(['there', 'kept']).optional(),
    }),
  )
  .max(100_000);

/** As many rows as fit into one message. */
function fitting(
  waiting: readonly AssignedAttempt[],
  refuse: (tooLarge: AssignedAttempt) => void,
): Pick<Orders, 'begin' | 'more'> {
  const begin: Orders['begin'] = [];
  let bytes = 0;
  for (const each of waiting) {
    const {row, wanted} = each;
    const size = Buffer.byteLength(JSON.stringify(row));
    if (size > mostBytes) {
      refuse(each);
      continue;
    }
    bytes += size;
    if (bytes > mostBytes) return {begin, more: true};
    begin.push({row: row as Orders['begin'][number]['row'], ...(wanted && {wanted})});
  }
  return {begin, more: false};
}
