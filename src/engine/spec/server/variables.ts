import {typedValue} from '../interpolate.ts';
import {childOf, core, definitionOf, keysOf, type Schema} from '../schema-walk.ts';
import type {Entry, MapTree, Path, Place, Source, Tree} from '../tree.ts';
import {serverSchema} from './server-schema.ts';

/** A setting told outside of files: by a variable or a flag. */
export interface Told {
  /** `NIYANTA_LISTEN`, `flag --listen`. */
  readonly by: string;
  readonly path: Path;
  readonly text: string;
}

/** `NIYANTA_` and the setting's path: scheduling.fairShare.halfLife is NIYANTA_SCHEDULING_FAIR_SHARE_HALF_LIFE. */
export const variableOf = (path: Path): string =>
  ['niyanta', ...path.map(part => String(part).replace(/[A-Z]/g, letter => `_${letter}`))].join('_').toUpperCase();

/** Settings that have a variable: all but those by names of people's own (tiers, clients, roles). */
export const variables: ReadonlyMap<string, Path> = new Map(
  leavesOf(serverSchema, []).map(path => [variableOf(path), path]),
);

/** What the environment tells of them; an empty variable tells nothing. */
export const toldByVariables = (env: Readonly<Record<string, string | undefined>>): Told[] =>
  [...variables].flatMap(([by, path]) => (env[by] ? [{by, path, text: env[by]}] : []));

/** What was told, as a tree that knows who told it. `directory`: where relative paths start. */
export function treeOfTold(told: readonly Told[], directory: string): MapTree {
  const at: Place = {source: {name: '', directory}, line: 1, column: 1};
  return told.reduce<MapTree>(
    (tree, {by, path, text}) => placed(tree, path, leafOf(path, text, {name: by, directory})),
    {kind: 'map', at, entries: new Map()},
  );
}

function leavesOf(schema: Schema, path: Path): Path[] {
  const keys = keysOf(schema);
  if (keys.length > 0) return keys.flatMap(key => leavesOf(childOf(schema, key)!, [...path, key]));
  return definitionOf(core(schema)).type === 'record' ? [] : [path];
}

function leafOf(path: Path, text: string, source: Source): Tree {
  const at: Place = {source, line: 1, column: 1};
  const scalar = (one: string): Tree => ({kind: 'scalar', at, value: typedValue(one), text: one});
  return isList(path) ? {kind: 'list', at, items: text.split(',').map(one => scalar(one.trim()))} : scalar(text);
}

/** Several values of a list are separated by commas. */
function isList(path: Path): boolean {
  const schema = path.reduce<Schema | undefined>((here, part) => here && childOf(here, part), serverSchema);
  const {type, options} = definitionOf(core(schema!));
  return type === 'array' || (type === 'union' && options!.some(one => definitionOf(core(one)).type === 'array'));
}

function placed(tree: MapTree, [key, ...rest]: Path, leaf: Tree): MapTree {
  const name = String(key);
  const known = tree.entries.get(name)?.value;
  const under: MapTree = known?.kind === 'map' ? known : {kind: 'map', at: leaf.at, entries: new Map()};
  const entry: Entry = {keyAt: leaf.at, value: rest.length === 0 ? leaf : placed(under, rest, leaf)};
  return {...tree, entries: new Map([...tree.entries, [name, entry]])};
}
