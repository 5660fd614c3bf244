/**
 * The best of many scores, kept while single ones change: a tournament tree. Among equals the first wins.
 * A score of -Infinity is none.
 */
export class Ranking {
  readonly #scores: Float64Array;
  readonly #winners: Int32Array;
  readonly #leaves: number;

  constructor(scores: Float64Array) {
    this.#scores = scores;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(2, scores.length)));
    this.#winners = new Int32Array(2 * this.#leaves).fill(-1);
    for (let at = 0; at < scores.length; at += 1) {
      this.#winners[this.#leaves + at] = scores[at]! > Number.NEGATIVE_INFINITY ? at : -1;
    }
    for (let node = this.#leaves - 1; node >= 1; node -= 1) this.#winners[node] = this.#better(node);
  }

  /** -1 when there is none. */
  get best(): number {
    return this.#winners[1]!;
  }

  set(at: number, score: number): void {
    if (this.#scores[at] === score) return;
    this.#scores[at] = score;
    let node = this.#leaves + at;
    this.#winners[node] = score > Number.NEGATIVE_INFINITY ? at : -1;
    for (node >>= 1; node >= 1; node >>= 1) this.#winners[node] = this.#better(node);
  }

  #better(node: number): number {
    const left = this.#winners[2 * node]!;
    const right = this.#winners[2 * node + 1]!;
    if (left < 0) return right;
    if (right < 0) return left;
    return this.#scores[right]! > this.#scores[left]! ? right : left;
  }
}
