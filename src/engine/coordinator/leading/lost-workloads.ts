import type {HostName} from '../../spec/stack.ts';
import type {LeaderChange, Leadership, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {Executions} from '../workers/executions.ts';
import type {Picture} from './picture.ts';
import {type Condition, looksLikePartition, PerMinute} from './silence.ts';
import type {TermParts} from './term-parts.ts';
import {verdictOn} from './verdict.ts';

export interface LostWorkloadsParts extends TermParts {
  readonly picture: Picture;
  readonly executions: Executions;
}

/**
 * What becomes of workloads whose worker is silent: lost, and then started elsewhere, unless they wait for their worker. While
 * most workers are silent only few a minute are: they may well be running where this coordinator does not see them.
 */
export class LostWorkloads {
  readonly #parts: LostWorkloadsParts;
  readonly #rate: PerMinute;
  #partition?: string;
  /** When most workers, or all, were last silent. */
  #troubledAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LostWorkloadsParts) {
    this.#parts = parts;
    this.#rate = new PerMinute(parts.settings().partition.perMinute, parts.clock.monotonicMs());
  }

  /** Why hardly anything is started elsewhere now. */
  get partition(): string | undefined {
    return this.#partition;
  }

  async decide(leadership: Leadership, conditions: ReadonlyMap<HostName, Condition>): Promise<void> {
    await this.#watchForPartition(conditions);
    await this.#declareLost(leadership, conditions);
    await this.#goElsewhere(leadership, conditions);
    for (const row of this.#parts.picture.placed())
      if (row.state === 'LOST' && conditions.get(row.worker ?? '') === 'well')
        this.#parts.executions.get(row.id)?.found();
  }

  async #watchForPartition(conditions: ReadonlyMap<HostName, Condition>): Promise<void> {
    const {store, settings, coordinator, log} = this.#parts;
    const before = this.#partition;
    this.#partition = looksLikePartition(conditions, settings().partition);
    if ((before === undefined) === (this.#partition === undefined)) return;
    const type = this.#partition === undefined ? 'workers.back' : 'workers.silent';
    log.warn(
      {why: this.#partition ?? before},
      type === 'workers.back' ? 'most workers answer again' : 'most workers are silent',
    );
    await store.note({
      type,
      actor: {name: `coordinator:${coordinator}`},
      data: {reason: this.#partition ?? `before: ${before}`},
    });
  }

  async #declareLost(leadership: Leadership, conditions: ReadonlyMap<HostName, Condition>): Promise<void> {
    const {picture, settings} = this.#parts;
    const lost = picture.placed().filter(row => isPlaced(row) && this.#needsWorker(row) && isLost(row, conditions));
    const reason = (row: WorkloadRow) =>
      conditions.has(row.worker ?? '')
        ? `${row.worker} has been silent for ${settings().silence.lostMs / 1000} s`
        : `${row.worker} is no worker any more`;
    await this.#change(
      leadership,
      lost.map(row => ({workload: row.id, from: row.state, attempt: row.attempt, to: 'LOST', reason: reason(row)})),
      (row, change) => {
        picture.take({...row, state: 'LOST', reason: change.reason});
        this.#parts.executions.get(row.id)?.lost();
      },
    );
  }

  async #goElsewhere(leadership: Leadership, conditions: ReadonlyMap<HostName, Condition>): Promise<void> {
    const {picture, settings, store, random, storeClock, executions} = this.#parts;
    const lost = picture.placed().filter(row => row.state === 'LOST' && isLost(row, conditions));
    const cancelled = lost.filter(row => row.wanted === 'cancel');
    const leaving = lost.filter(row => row.wanted !== 'cancel' && row.workload.onLost === 'reschedule');
    const decided = leaving
      .slice(0, this.#mayLeave(leaving.length, conditions))
      .map(async (row): Promise<LeaderChange> => {
        const end = {outcome: 'lost', reason: row.reason ?? 'its worker was lost'} as const;
        const verdict = await verdictOn(row, end, {store, settings: settings(), random, now: () => storeClock.now()});
        return {workload: row.id, from: 'LOST', attempt: row.attempt, outcome: 'lost', ...verdict};
      });
    const given = cancelled.map(row => ({
      workload: row.id,
      from: row.state,
      attempt: row.attempt,
      to: 'CANCELLED' as const,
      reason: 'cancelled while its worker was lost',
      outcome: 'cancelled' as const,
    }));
    await this.#change(leadership, [...given, ...(await Promise.all(decided))], (row, {to, reason, notBefore}) => {
      executions.get(row.id)?.release('its workload goes on elsewhere');
      // Nobody takes the attempt up again before its row is read anew.
      const {notBefore: _, ...rest} = row;
      picture.take({...rest, state: to, reason, ...(notBefore !== undefined && {notBefore})});
    });
  }

  /**
   * None while no worker answers: there is no elsewhere. A few while most are silent; and when that is over, none until
   * those that come back one after another had the time to.
   */
  #mayLeave(wanted: number, conditions: ReadonlyMap<HostName, Condition>): number {
    const {clock, settings} = this.#parts;
    const now = clock.monotonicMs();
    const none = ![...conditions.values()].includes('well');
    if (none || this.#partition !== undefined) this.#troubledAt = now;
    if (none) return 0;
    if (this.#partition !== undefined) return this.#rate.take(wanted, now);
    return now - this.#troubledAt < settings().silence.lostMs ? 0 : wanted;
  }

  async #change(
    leadership: Leadership,
    changes: readonly LeaderChange[],
    then: (row: WorkloadRow, change: LeaderChange) => void,
  ): Promise<void> {
    if (changes.length === 0) return;
    const done = new Set<WorkloadId>(await this.#parts.store.change(leadership, changes));
    for (const change of changes) {
      const row = this.#parts.picture.get(change.workload);
      if (row && done.has(change.workload)) then(row, change);
    }
  }

  /** Types that run in the coordinator itself do not care, unless a worker of its own runs them. */
  #needsWorker(row: WorkloadRow): boolean {
    const {types, workers} = this.#parts;
    return workers.worker(row.worker ?? '')?.agent !== undefined || (types.get(row.workload.type)?.onHost ?? true);
  }
}

const isPlaced = ({state}: WorkloadRow): boolean =>
  state === 'SCHEDULED' || state === 'STARTING' || state === 'RUNNING' || state === 'CHECKPOINTING';

const isLost = ({worker}: WorkloadRow, conditions: ReadonlyMap<HostName, Condition>): boolean =>
  (conditions.get(worker ?? '') ?? 'lost') === 'lost';
