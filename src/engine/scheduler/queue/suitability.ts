import type {Fleet} from './fleet.ts';
import type {Shape, WorkerView} from './request.ts';

/** No preference can outweigh it. */
export const unsuitable = -(2 ** 31);

/**
 * For shapes that ask the same of workers themselves (labels, exclusions, preferences): which suit, and how much they
 * are preferred. It has nothing to do with what is free.
 */
export class Suitability {
  readonly #fleet: Fleet;
  readonly #shape: Shape;
  #points = new Int32Array(0);
  #epoch = -1;
  #seen = 0;

  constructor(fleet: Fleet, shape: Shape) {
    this.#fleet = fleet;
    this.#shape = shape;
  }

  /** Points of `prefer` for each worker, by index; `unsuitable` for those that are out of the question. */
  points(): Int32Array {
    const {epoch, viewChanges, size} = this.#fleet;
    if (this.#epoch !== epoch || !viewChanges.remembers(this.#seen)) {
      this.#points = new Int32Array(size);
      for (let index = 0; index < size; index += 1) this.#judge(index);
    } else {
      for (let at = this.#seen; at < viewChanges.head; at += 1) this.#judge(viewChanges.worker(at));
    }
    this.#epoch = epoch;
    this.#seen = viewChanges.head;
    return this.#points;
  }

  #judge(index: number): void {
    const view = this.#fleet.view(index);
    this.#points[index] = unfit(view, this.#shape) === undefined ? preference(view, this.#shape).points : unsuitable;
  }
}

/** Why a worker is out of the question: of it alone (`requires disk=ssd, has none`), and of many (`requires disk=ssd`). */
export interface Unfit {
  readonly reason: string;
  readonly inShort: string;
}

/** Undefined when it is not, whatever is free there. */
export function unfit(view: WorkerView, shape: Shape): Unfit | undefined {
  if (view.unusable !== undefined) return {reason: view.unusable, inShort: view.unusable};
  if (view.drained) return {reason: 'in drain', inShort: 'in drain'};
  if (shape.exclude.includes(view.name)) return {reason: 'it failed there', inShort: 'it failed there'};
  const missing = Object.keys(shape.require)
    .sort()
    .find(label => labelOf(view, label) !== shape.require[label]);
  if (missing === undefined) return undefined;
  const found = labelOf(view, missing);
  const inShort = `requires ${missing}=${shape.require[missing]}`;
  return {reason: `${inShort}, has ${found === undefined ? 'none' : `${missing}=${found}`}`, inShort};
}

/** The weights of `prefer` that match, and which these are: `region=eu`. */
export function preference(view: WorkerView, {prefer}: Shape): {readonly points: number; readonly matches: string[]} {
  let points = 0;
  const matches: string[] = [];
  for (const {match, weight} of prefer) {
    const wanted = Object.entries(match);
    if (!wanted.every(([label, value]) => labelOf(view, label) === value)) continue;
    points += weight;
    if (weight > 0)
      matches.push(
        wanted
          .map(([label, value]) => `${label}=${value}`)
          .sort()
          .join(', '),
      );
  }
  return {points, matches: matches.sort()};
}

/** `host` is its name, `region` its region. */
const labelOf = (view: WorkerView, label: string): string | undefined => {
  if (label === 'host') return view.name;
  if (label === 'region' && view.region !== undefined) return view.region;
  return view.labels[label];
};
