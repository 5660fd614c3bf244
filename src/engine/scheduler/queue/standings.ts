import type {Fleet} from './fleet.ts';
import type {QueuedWorkload} from './request.ts';
import type {Scoring} from './scoring.ts';
import {hostKey, neighbourKey} from './shape-key.ts';
import {neighboursOf, type RankingBudget, Standing} from './standing.ts';
import {Suitability} from './suitability.ts';

/** Shapes are remembered beyond the round that asked for them, up to so many: most come again. */
const remembered = 2000;
const rankings = 256;

/** One `Standing` for each shape. */
export class Standings {
  readonly #fleet: Fleet;
  readonly #scoring: Scoring;
  readonly #budget: RankingBudget = {left: rankings};
  readonly #standings = new Map<string, Standing>();
  readonly #suitabilities = new Map<string, Suitability>();
  #round = 0;

  constructor(fleet: Fleet, scoring: Scoring) {
    this.#fleet = fleet;
    this.#scoring = scoring;
  }

  /** Where workloads of this shape and name stand; `key` is the shape's (`shapeKey`). */
  of(key: string, workload: Pick<QueuedWorkload, 'shape' | 'customer' | 'name'>): Standing {
    const own = neighbourKey(workload.customer, workload.name);
    const self = this.#fleet.isAvoided(own) ? own : undefined;
    const full = self === undefined ? key : `${key}\n${self}`;
    const standing = this.#standings.get(full) ?? this.#make(full, workload, self);
    standing.round = this.#round;
    return standing;
  }

  /** Forgets shapes that nobody asked for lately. */
  endRound(): void {
    this.#round += 1;
    if (this.#budget.left === 0) {
      for (const standing of this.#standings.values()) if (standing.round < this.#round - 1) standing.forget();
    }
    if (this.#standings.size <= remembered) return;
    for (const [key, standing] of this.#standings) {
      if (standing.round === this.#round - 1) continue;
      standing.forget();
      this.#standings.delete(key);
    }
    this.#suitabilities.clear();
  }

  /** How often a worker was looked at, in all. */
  get looks(): number {
    let looks = 0;
    for (const standing of this.#standings.values()) looks += standing.looks;
    return looks;
  }

  #make(
    full: string,
    {shape, customer}: Pick<QueuedWorkload, 'shape' | 'customer'>,
    self: string | undefined,
  ): Standing {
    const parts = {
      fleet: this.#fleet,
      suitability: this.#suitabilityOf(shape),
      scoring: this.#scoring,
      budget: this.#budget,
    };
    const standing = new Standing(shape, neighboursOf(shape, customer, self), parts);
    this.#standings.set(full, standing);
    return standing;
  }

  #suitabilityOf(shape: QueuedWorkload['shape']): Suitability {
    const key = hostKey(shape);
    const known = this.#suitabilities.get(key) ?? new Suitability(this.#fleet, shape);
    this.#suitabilities.set(key, known);
    return known;
  }
}
