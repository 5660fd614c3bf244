import type {ReleaseRecord} from '../state/lock-file.ts';

/** How the requests to one service are split between the new replicas of a release and the others. */
export interface Split {
  readonly service: string;
  /** Containers of the new ones. */
  readonly fresh: ReadonlySet<string>;
  /** Percent of the requests that they get together. */
  readonly weight: number;
  readonly sticky: boolean;
}

/** Of each where all get the same. */
const alike = 1;
/** The greatest weight that one upstream may have beside the others. */
const greatest = 100;

/**
 * What each container of a service gets, relative to the others: the smallest whole numbers by which the new ones
 * together get their share and all of one side the same. Those that get nothing are left out.
 */
export function weightsOf(ids: readonly string[], split: Split | undefined): ReadonlyMap<string, number> {
  const fresh = ids.filter(id => split?.fresh.has(id));
  const others = ids.filter(id => !split?.fresh.has(id));
  if (!split) return new Map(ids.map(id => [id, alike]));
  if (split.weight <= 0) return new Map(others.map(id => [id, alike]));
  if (split.weight >= 100) return new Map(fresh.map(id => [id, alike]));
  if (fresh.length === 0 || others.length === 0) return new Map(ids.map(id => [id, alike]));
  const [mine, theirs] = smallest(split.weight * others.length, (100 - split.weight) * fresh.length);
  return new Map([...fresh.map(id => [id, mine] as const), ...others.map(id => [id, theirs] as const)]);
}

function smallest(a: number, b: number): readonly [number, number] {
  const divisor = greatestCommonDivisor(Math.round(a * 100), Math.round(b * 100)) / 100;
  const [x, y] = [a / divisor, b / divisor];
  const scale = Math.min(1, greatest / Math.max(x, y));
  return [Math.max(1, Math.round(x * scale)), Math.max(1, Math.round(y * scale))];
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** How a release that goes on splits its service; undefined when it is switched already, or there is none. */
export const splitOf = (service: string, record: ReleaseRecord | undefined): Split | undefined =>
  record && record.weight < 100
    ? {
        service,
        fresh: new Set(record.new.map(({id}) => id)),
        weight: record.weight,
        sticky: record.sticky ?? false,
      }
    : undefined;
