import type {Entry, Tree} from './tree.ts';

/**
 * One tree over another: maps are merged key by key, lists and values replaced, `null` removes what was there
 * (where nothing was, it stays: `volumes: {data: }` declares a volume).
 * Every part keeps the place where it was written.
 */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (over.kind !== 'map') return over;
  const entries = new Map<string, Entry>(base.kind === 'map' ? base.entries : []);
  for (const [key, entry] of over.entries) {
    const old = entries.get(key);
    const removes = old !== undefined && entry.value.kind === 'scalar' && entry.value.value === null;
    if (removes) entries.delete(key);
    else entries.set(key, {keyAt: entry.keyAt, value: old ? mergeTrees(old.value, entry.value) : entry.value});
  }
  return {kind: 'map', at: over.at, entries};
}
