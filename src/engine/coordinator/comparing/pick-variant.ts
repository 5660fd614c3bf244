import {createHash} from 'node:crypto';

/**
 * Which of several variants a key falls to, in proportion to their weights: the same key of the same name always to the same
 * one, as long as the weights stay. Returns its index.
 */
export function pickVariant(name: string, key: string, weights: readonly number[]): number {
  const hash = createHash('sha256').update(`${name}\0${key}`).digest();
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = (hash.readUIntBE(0, 6) / 2 ** 48) * total;
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return index;
  }
  return weights.findLastIndex(weight => weight > 0);
}
