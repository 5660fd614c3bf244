import {type Entry, errorAt, type Path, type Place, type Source, type Tree} from './tree.ts';

/** Deeper than anything that a schema has. */
const MAX_DEPTH = 64;

/**
 * A parsed JSON value as a tree, so that it is checked as what stands in files is; every place is line 1, the paths
 * say where. Errors: UserError `too-deep`.
 */
export function jsonTree(value: unknown, source: Source, path: Path = []): Tree {
  const at: Place = {source, line: 1, column: 1};
  if (path.length > MAX_DEPTH) {
    throw errorAt(at, path.slice(0, 3), {code: 'too-deep', message: 'is nested too deeply'});
  }
  if (Array.isArray(value)) {
    return {kind: 'list', at, items: value.map((item, index) => jsonTree(item, source, [...path, index]))};
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]): [string, Entry] => [
      key,
      {keyAt: at, value: jsonTree(inner, source, [...path, key])},
    ]);
    return {kind: 'map', at, entries: new Map(entries)};
  }
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return {kind: 'scalar', at, value: scalar, text: scalar === null ? '' : String(scalar)};
}
