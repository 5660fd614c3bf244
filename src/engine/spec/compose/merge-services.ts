import {entriesOf, type MapTree, type ScalarTree, type Tree, withEntry} from '../tree.ts';

/** Lists of NAME=value, which may be written as maps, too. */
const PAIRS = new Set(['environment', 'labels', 'sysctls', 'extra_hosts', 'args', 'annotations']);
/** Lists of names, which may be written as maps. */
const NAMES = new Set(['depends_on', 'networks']);
/** Lists that grow; others are replaced. */
const GROWING = new Set([
  'ports',
  'expose',
  'volumes',
  'devices',
  'secrets',
  'configs',
  'env_file',
  'tmpfs',
  'cap_add',
  'cap_drop',
  'security_opt',
  'dns',
  'dns_search',
  'links',
  'external_links',
  'profiles',
  'group_add',
]);

/** One service over another, as Compose merges files and `extends`: maps by key, some lists added to, others replaced. */
export function mergeServices(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, {keyAt, value}] of over.entries) {
    const before = entries.get(key);
    entries.set(key, {keyAt, value: before ? mergeKey(key, before.value, value) : value});
  }
  return {...base, entries};
}

function mergeKey(key: string, base: Tree, over: Tree): Tree {
  if (PAIRS.has(key)) return mergeServices(pairsAsMap(base), pairsAsMap(over));
  if (NAMES.has(key)) return mergeServices(namesAsMap(base), namesAsMap(over));
  if (base.kind === 'map' && over.kind === 'map') return mergeServices(base, over);
  if (!GROWING.has(key)) return over;
  const items = (tree: Tree): readonly Tree[] => (tree.kind === 'list' ? tree.items : [tree]);
  const added = items(over);
  const targets = new Set(added.map(item => identity(key, item)));
  return {
    kind: 'list',
    at: over.at,
    items: [...items(base).filter(item => !targets.has(identity(key, item))), ...added],
  };
}

/** What makes two items of a list the same: for volumes the path in the container. */
function identity(key: string, item: Tree): string {
  if (item.kind === 'map') {
    const target = entriesOf({...item, entries: new Map([['', {keyAt: item.at, value: item}]])}, '').find(
      ([name]) => name === 'target' || name === 'source' || name === 'path',
    )?.[1].value;
    return target?.kind === 'scalar' ? target.text : JSON.stringify([...item.entries.keys()]);
  }
  if (item.kind !== 'scalar') return '';
  const parts = item.text.split(':');
  return (key === 'volumes' || key === 'devices') && parts.length > 1 ? parts[1]! : item.text;
}

/** `["A=1", "B"]` as `{A: 1, B: null}`. Anything else as it is. */
export function pairsAsMap(tree: Tree): Tree {
  if (tree.kind !== 'list') return tree;
  return tree.items.reduce<MapTree>(
    (map, item) => {
      if (item.kind !== 'scalar') return map;
      const text = item.text;
      const at = text.indexOf('=');
      const value: ScalarTree =
        at === -1
          ? {kind: 'scalar', at: item.at, value: null, text: ''}
          : {kind: 'scalar', at: item.at, value: text.slice(at + 1), text: text.slice(at + 1)};
      return withEntry(map, at === -1 ? text : text.slice(0, at), value);
    },
    {kind: 'map', at: tree.at, entries: new Map()},
  );
}

/** `[db, cache]` as `{db: {}, cache: {}}`. Anything else as it is. */
export function namesAsMap(tree: Tree): Tree {
  if (tree.kind !== 'list') return tree;
  return tree.items.reduce<MapTree>(
    (map, item) =>
      item.kind === 'scalar' ? withEntry(map, item.text, {kind: 'map', at: item.at, entries: new Map()}) : map,
    {kind: 'map', at: tree.at, entries: new Map()},
  );
}
