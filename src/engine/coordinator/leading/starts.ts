import type {Decision} from '../../scheduler/queue/index.ts';
import {affinityOf} from '../observing/affinity.ts';
import type {AttemptRow, Leadership, Placement, WorkloadId, WorkloadRow} from '../store/store.ts';
import type {Executions} from '../workers/executions.ts';
import {type Ahead, firstOfEach, foundThere, isAhead} from './ahead.ts';
import {mayStart, type Picture} from './picture.ts';
import type {TermParts} from './term-parts.ts';

export interface StartsParts extends Pick<TermParts, 'store' | 'workers' | 'measures'> {
  readonly picture: Picture;
  readonly executions: Executions;
}

/** Carries out what a round of the queue decided. */
export class Starts {
  readonly #parts: StartsParts;

  constructor(parts: StartsParts) {
    this.#parts = parts;
  }

  /** `ahead`: begins where it was found, and nowhere else. */
  async act(leadership: Leadership, decisions: readonly Decision[], ahead: readonly Ahead[]): Promise<void> {
    const {picture, store} = this.#parts;
    const starts: Placement[] = [];
    const parked: {workload: WorkloadId; reason: string}[] = [];
    const elsewhere = new Set(ahead.map(each => each.workload));
    for (const decision of decisions) {
      const {workload} = decision.kind === 'preempt' ? {workload: decision.for} : decision;
      const reason = decision.because;
      if (decision.kind !== 'park' && elsewhere.has(workload)) this.#afterPlacing(workload, undefined);
      else if (decision.kind === 'preempt') for (const victim of decision.victims) this.#preempt(victim.workload);
      else if (decision.kind === 'park') this.#park(parked, workload, reason);
      else starts.push({workload, attempt: (picture.get(workload)?.attempt ?? 0) + 1, worker: decision.worker, reason});
    }
    // The queue counts on what it decided: whatever fails, it is told first what became of that.
    await this.#place(leadership, starts);
    if (parked.length > 0) await store.explain(leadership, parked);
  }

  /**
   * Attempts that were found though the store has yet to make them. One that comes before them is begun there too, and
   * refused by that host as what is over, unless it is found as well. Returns those that the store does not lack any more.
   */
  async whereTheyAre(leadership: Leadership, ahead: readonly Ahead[]): Promise<readonly Ahead[]> {
    const {picture, executions} = this.#parts;
    const lacks = (each: Ahead) => isAhead(each, picture.get(each.workload));
    const placements = firstOfEach(ahead.filter(lacks)).flatMap(({workload, worker}) => {
      const row = picture.get(workload);
      if (!row || !mayStart(row) || executions.get(workload)) return [];
      return [{workload, attempt: row.attempt + 1, worker, reason: foundThere}];
    });
    await this.#place(leadership, placements);
    return ahead.filter(each => !lacks(each));
  }

  #preempt(victim: WorkloadId): void {
    this.#parts.measures.add('niyanta_preemptions_total', {});
    this.#parts.executions.get(victim)?.want('preempt');
  }

  #park(parked: {workload: WorkloadId; reason: string}[], workload: WorkloadId, reason: string): void {
    parked.push({workload, reason});
    this.#tellAffinity(workload, undefined);
  }

  #tellAffinity(id: WorkloadId, worker: string | undefined): void {
    const {picture, workers, measures} = this.#parts;
    const row = picture.get(id);
    const beat = worker === undefined ? undefined : workers.worker(worker)?.beat();
    if (!row || (worker !== undefined && !beat)) return;
    for (const labels of affinityOf(row.workload, beat)) measures.add('niyanta_affinity_total', labels);
  }

  async #place(leadership: Leadership, starts: readonly Placement[]): Promise<void> {
    if (starts.length === 0) return;
    const placed = new Map<WorkloadId, AttemptRow>();
    try {
      for (const attempt of await this.#parts.store.place(leadership, starts)) {
        placed.set(attempt.workload, attempt);
        this.#tellAffinity(attempt.workload, attempt.worker);
      }
    } finally {
      for (const {workload} of starts) this.#afterPlacing(workload, placed.get(workload));
    }
  }

  /** Begun; or, changed meanwhile, left to what is read of it next. */
  #afterPlacing(id: WorkloadId, attempt: AttemptRow | undefined): void {
    const {picture, executions} = this.#parts;
    const row = picture.get(id);
    if (!row) return;
    const now = attempt ? placedRow(row, attempt) : row;
    picture.take(now);
    if (attempt) executions.begin(now);
  }
}

/** As the store has it by now, without asking. */
function placedRow(row: WorkloadRow, {attempt, lease, worker, placedAt}: AttemptRow): WorkloadRow {
  const {notBefore: _, ...rest} = row;
  return {...rest, state: 'SCHEDULED', attempt, lease, worker, changedAt: placedAt};
}
