import {type Location, UserError} from './errors.ts';

/** A text that was read: how errors call it, and the folder that relative paths in it start from. */
export interface Source {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
}

/** A spot in a source; line and column count from 1. */
export interface Place {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
}

/** YAML as data that still knows where each part was written. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyAt: Place;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
  /** As written, so that `1.10` can still be read as text. */
  readonly text: string;
}

export type Path = readonly (string | number)[];

/** `services.backend.ports.0`; keys that would be ambiguous are quoted. */
export function pathText(path: Path): string {
  return path
    .map(part => (typeof part === 'number' || /^[^\s."]+$/.test(part) ? String(part) : JSON.stringify(part)))
    .join('.');
}

/** The part of a tree at a path, if it is there. */
export function treeAt(tree: Tree | undefined, path: Path): Tree | undefined {
  let here = tree;
  for (const part of path) {
    if (here?.kind === 'map') here = here.entries.get(String(part))?.value;
    else if (here?.kind === 'list') here = here.items[Number(part)];
    else return undefined;
  }
  return here;
}

/** Where the value at a path was written; of what is missing, the key of the nearest part around it that is there. */
export function placeAt(tree: Tree, path: Path): Place {
  let here = tree;
  let place = tree.at;
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1;
    if (here.kind === 'map') {
      const entry = here.entries.get(String(part));
      if (entry === undefined) return place;
      place = last ? entry.value.at : entry.keyAt;
      here = entry.value;
    } else if (here.kind === 'list') {
      const item = here.items[Number(part)];
      if (item === undefined) return place;
      place = item.at;
      here = item;
    } else return place;
  }
  return place;
}

/** Where the key at the end of a path was written. */
export function keyPlaceAt(tree: Tree, path: Path): Place {
  const parent = treeAt(tree, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyAt ?? placeAt(tree, path);
}

/** The tree as plain data. Where `asText` holds, numbers and booleans become the text that was written. */
export function toValue(tree: Tree, asText: (path: Path) => boolean = () => false, path: Path = []): unknown {
  if (tree.kind === 'list') return tree.items.map((item, index) => toValue(item, asText, [...path, index]));
  if (tree.kind === 'map') {
    return Object.fromEntries([...tree.entries].map(([key, {value}]) => [key, toValue(value, asText, [...path, key])]));
  }
  return tree.value !== null && asText(path) ? tree.text : tree.value;
}

/** The same map with some entries left out. */
export function without(tree: MapTree, ...keys: readonly string[]): MapTree {
  return {...tree, entries: new Map([...tree.entries].filter(([key]) => !keys.includes(key)))};
}

/** The same map with one entry set; the key's place stays when it was there. */
export function withEntry(tree: MapTree, key: string, value: Tree): MapTree {
  const keyAt = tree.entries.get(key)?.keyAt ?? value.at;
  return {...tree, entries: new Map([...tree.entries, [key, {keyAt, value}]])};
}

/** Entries of the map under a key, or none. */
export function entriesOf(tree: Tree | undefined, key: string): readonly (readonly [string, Entry])[] {
  const value = treeAt(tree, [key]);
  return value?.kind === 'map' ? [...value.entries] : [];
}

/** A place as errors carry it. */
export function locationOf(place: Place, path: Path = []): Location {
  const {line, column} = place;
  const dotted = pathText(path);
  return {file: place.source.name, line, column, ...(dotted === '' ? {} : {path: dotted})};
}

/** A UserError about a spot in a file. */
export function errorAt(place: Place, path: Path, parts: {code: string; message: string; hint?: string}): UserError {
  return new UserError({...parts, location: locationOf(place, path)});
}
