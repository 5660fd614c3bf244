import {type Exact, exact} from './amounts.ts';
import type {Fleet} from './fleet.ts';
import {Ranking} from './ranking.ts';
import type {CustomerId, Shape} from './request.ts';
import type {Scoring} from './scoring.ts';
import {neighbourKey} from './shape-key.ts';
import {type Suitability, unsuitable} from './suitability.ts';

/** What a workload asks of its neighbours on a worker; names as `neighbourKey`. */
export interface Neighbours {
  readonly avoid: readonly string[];
  readonly beside: readonly string[];
  /** Its own name, while something runs that avoids it: whoever comes second keeps away. */
  readonly self?: string;
}

export const neighboursOf = (shape: Shape, customer: CustomerId, self: string | undefined): Neighbours => ({
  avoid: shape.avoid.map(({workload}) => neighbourKey(customer, workload)),
  beside: shape.beside.map(({workload}) => neighbourKey(customer, workload)),
  self,
});

/** How many shapes may keep a ranking of all workers, the memory that counts: 0.1 MB each with 5,000 workers. */
export interface RankingBudget {
  left: number;
}

const none = Number.NEGATIVE_INFINITY;

/**
 * Where one shape stands: its best worker, or parked. It looks at all workers once; from then on only at those that
 * changed since it looked last, so that a parked shape costs nothing while nothing changes.
 */
export class Standing {
  readonly shape: Shape;
  readonly need: Exact;
  readonly neighbours: Neighbours;
  /** How often a worker was looked at for it. */
  looks = 0;
  /** The round in which it was asked for last. */
  round = 0;
  #toldIn = -2;
  #toldTroubles = -1;
  readonly #fleet: Fleet;
  readonly #suitability: Suitability;
  readonly #scoring: Scoring;
  readonly #budget: RankingBudget;
  #state: 'unknown' | 'seen' | 'parked' | 'ranked' = 'unknown';
  #ranking: Ranking | undefined;
  #epoch = -1;
  #version = -1;
  #since = 0;

  constructor(
    shape: Shape,
    neighbours: Neighbours,
    {
      fleet,
      suitability,
      scoring,
      budget,
    }: {fleet: Fleet; suitability: Suitability; scoring: Scoring; budget: RankingBudget},
  ) {
    this.shape = shape;
    this.need = exact(shape.resources);
    this.neighbours = neighbours;
    this.#fleet = fleet;
    this.#suitability = suitability;
    this.#scoring = scoring;
    this.#budget = budget;
  }

  /** Index of the worker that suits best now; -1 when the shape fits nowhere. */
  best(): number {
    const points = this.points();
    const {changes, epoch} = this.#fleet;
    const stale =
      this.#epoch !== epoch ||
      !changes.remembers(this.#since) ||
      // What fits nowhere does so whatever the scores are.
      (this.#version !== this.#scoring.version && this.#state !== 'parked');
    if (stale) this.forget();
    const found = this.#look(points);
    this.#epoch = epoch;
    this.#version = this.#scoring.version;
    this.#since = changes.head;
    return found;
  }

  /** It was parked in this round or the one before, for reasons that still hold: those that wait with it are known to be. */
  get isTold(): boolean {
    return this.#toldIn >= this.round - 1 && this.#toldTroubles === this.#fleet.troubles;
  }

  /** It is parked in this round. */
  told(): void {
    this.#toldIn = this.round;
    this.#toldTroubles = this.#fleet.troubles;
  }

  /** How much each worker is preferred, by index; `unsuitable` for those that are out of the question. */
  points(): Int32Array {
    return this.#suitability.points();
  }

  /** Whether it fits that worker now. */
  fits(index: number): boolean {
    return this.#score(index, this.points()) > none;
  }

  /** Gives its memory back; it looks at all workers next time. */
  forget(): void {
    this.#state = 'unknown';
    if (this.#ranking) this.#budget.left += 1;
    this.#ranking = undefined;
  }

  #look(points: Int32Array): number {
    if (this.#ranking) return this.#catchUp(this.#ranking, points);
    if (this.#state === 'parked') {
      const found = this.#bestChanged(points);
      if (found >= 0) this.#state = 'seen';
      return found;
    }
    // Most shapes come once a round; a ranking of all workers is worth it from the second time on.
    const ranks = this.#state === 'seen' && this.#budget.left > 0;
    const found = ranks ? this.#rank(points) : this.#bestOfAll(points);
    this.#state = found < 0 ? 'parked' : this.#ranking ? 'ranked' : 'seen';
    return found;
  }

  #bestOfAll(points: Int32Array): number {
    let best = -1;
    let most = none;
    for (let index = 0; index < points.length; index += 1) {
      const score = this.#score(index, points);
      if (score > most) {
        most = score;
        best = index;
      }
    }
    return best;
  }

  /** It fitted nowhere, so only workers that changed since can be the best. */
  #bestChanged(points: Int32Array): number {
    const {changes} = this.#fleet;
    let best = -1;
    let most = none;
    for (let at = this.#since; at < changes.head; at += 1) {
      const index = changes.worker(at);
      const score = this.#score(index, points);
      if (score > most || (score === most && score > none && index < best)) {
        most = score;
        best = index;
      }
    }
    return best;
  }

  #rank(points: Int32Array): number {
    const scores = new Float64Array(points.length);
    for (let index = 0; index < points.length; index += 1) scores[index] = this.#score(index, points);
    const ranking = new Ranking(scores);
    if (ranking.best < 0) return -1;
    this.#ranking = ranking;
    this.#budget.left -= 1;
    return ranking.best;
  }

  #catchUp(ranking: Ranking, points: Int32Array): number {
    const {changes} = this.#fleet;
    let last = -1;
    for (let at = this.#since; at < changes.head; at += 1) {
      const index = changes.worker(at);
      if (index !== last) ranking.set(index, this.#score(index, points));
      last = index;
    }
    return ranking.best;
  }

  /** Preferences first, then how well it suits; -Infinity when it does not fit. */
  #score(index: number, points: Int32Array): number {
    this.looks += 1;
    const preferred = points[index]!;
    const {free} = this.#fleet;
    const {need} = this;
    if (
      preferred === unsuitable ||
      lacks(free.cpu[index]!, need.cpu) ||
      lacks(free.memory[index]!, need.memory) ||
      lacks(free.gpu[index]!, need.gpu) ||
      lacks(free.disk[index]!, need.disk)
    ) {
      return none;
    }
    if (this.isMinding && !this.#standsNeighbours(index)) return none;
    return preferred * 1000 + this.#scoring.score(index, need);
  }

  /** Whether it matters who else is on a worker. */
  get isMinding(): boolean {
    const {avoid, beside, self} = this.neighbours;
    return avoid.length > 0 || beside.length > 0 || self !== undefined || this.shape.ports.length > 0;
  }

  #standsNeighbours(index: number): boolean {
    const {avoid, beside, self} = this.neighbours;
    return (
      avoid.every(name => !this.#fleet.isTaken(index, name)) &&
      beside.every(name => this.#fleet.isPresent(index, name)) &&
      (self === undefined || !this.#fleet.isAvoidedOn(index, self)) &&
      this.#fleet.portTaken(index, this.shape.ports) === undefined
    );
  }
}

/** What asks for nothing of a kind may start where less than nothing of it is left. */
const lacks = (free: number, need: number): boolean => need > 0 && need > free;
