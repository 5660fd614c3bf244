import type {Place} from '../tree.ts';

/** A value of the stack that is being written, and where in the Compose file it comes from. */
export interface Placed {
  readonly value: Written;
  readonly from?: Place;
}

export type Written = string | number | boolean | null | readonly Placed[] | ReadonlyMap<string, Placed>;

type Plain = string | number | boolean | null | readonly Plain[] | {readonly [key: string]: Plain | undefined};

/** Plain data, all of it from one place; keys that are undefined are left out. */
export function placed(plain: Plain, from?: Place): Placed {
  if (plain === null || typeof plain !== 'object') return {value: plain, from};
  if (isList(plain)) return {value: plain.map(item => placed(item, from)), from};
  const entries = Object.entries(plain).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, placed(value, from)] as const],
  );
  return {value: new Map(entries), from};
}

/** The same without places. */
export function plainOf({value}: Placed): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plainOf(one)]));
  return (value as readonly Placed[]).map(plainOf);
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
