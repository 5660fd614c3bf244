import {type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq} from 'yaml';
import {type UserError, UserErrors} from './errors.ts';
import {type Entry, errorAt, type ListTree, type MapTree, type Path, type Place, type Tree} from './tree.ts';

/** Anchors used again and again multiply: this bounds what one document may grow to. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 64;

type PlaceOf = (offset: number) => Place;

/**
 * A parsed document as a tree: aliases put in place, merge keys (`<<`) applied. Undefined for an empty document.
 * Errors: UserErrors with every duplicate or unusable key, or the one error of an alias bomb.
 */
export function documentTree(document: Document, place: PlaceOf): Tree | undefined {
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return undefined;
  const builder = new TreeBuilder(document, place);
  const tree = builder.build(document.contents as Node, [], 0);
  if (builder.errors.length > 0) throw new UserErrors(builder.errors);
  return tree;
}

class TreeBuilder {
  readonly errors: UserError[] = [];
  readonly #document: Document;
  readonly #place: PlaceOf;
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document, place: PlaceOf) {
    this.#document = document;
    this.#place = place;
  }

  build(node: Node | null, path: Path, from: number): Tree {
    const offset = node?.range?.[0] ?? from;
    const at = this.#place(offset);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) this.#giveUp(at, path, 'yaml-bomb', `grows to more than ${MAX_NODES} values`);
    if (path.length > MAX_DEPTH) this.#giveUp(at, path.slice(0, 3), 'yaml-too-deep', 'is nested too deeply');
    if (isAlias(node)) return this.#alias(node.resolve(this.#document), node.source, at, path);
    if (isMap(node) || isSeq(node)) {
      this.#open.add(node);
      const tree = isMap(node) ? this.#map(node, at, path) : this.#list(node, at, path, offset);
      this.#open.delete(node);
      return tree;
    }
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      return {kind: 'scalar', at, value, text: typeof value === 'string' ? value : (node as {source?: string}).source!};
    }
    if (value !== null && value !== undefined) {
      this.errors.push(errorAt(at, path, {code: 'yaml-value', message: 'is a kind of value that is not supported'}));
    }
    return {kind: 'scalar', at, value: null, text: ''};
  }

  #alias(target: Node | undefined, name: string, at: Place, path: Path): Tree {
    if (target === undefined) this.#giveUp(at, path, 'yaml-alias', `there is no anchor &${name} before *${name}`);
    if (this.#open.has(target)) this.#giveUp(at, path, 'yaml-alias', `*${name} contains itself`);
    return this.build(target, path, 0);
  }

  #list(node: YAMLSeq, at: Place, path: Path, offset: number): ListTree {
    const items = node.items.map((item, index) => this.build(item as Node | null, [...path, index], offset));
    return {kind: 'list', at, items};
  }

  #map(node: YAMLMap, at: Place, path: Path): MapTree {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      const keyAt = this.#place(pair.key?.range?.[0] ?? node.range?.[0] ?? 0);
      const key = this.#key(pair.key, keyAt, path);
      if (key === undefined) continue;
      const value = this.build(pair.value, [...path, key], pair.key?.range?.[0] ?? 0);
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') this.#merge(value, merged, path);
      else if (own.has(key)) {
        const first = own.get(key)!.keyAt;
        const message = `is written twice; the first is in line ${first.line}`;
        this.errors.push(errorAt(keyAt, [...path, key], {code: 'duplicate-key', message, hint: 'Remove one of them.'}));
      } else own.set(key, {keyAt, value});
    }
    return {kind: 'map', at, entries: new Map([...own, ...[...merged].filter(([key]) => !own.has(key))])};
  }

  /** Of several maps under `<<`, the earlier wins (yaml.org/type/merge.html). */
  #merge(value: Tree, into: Map<string, Entry>, path: Path): void {
    for (const map of value.kind === 'list' ? value.items : [value]) {
      if (map.kind !== 'map') {
        const message = 'merges something that is not a map';
        this.errors.push(errorAt(map.at, [...path, '<<'], {code: 'yaml-merge', message, hint: 'Write <<: *anchor.'}));
      } else for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry);
    }
  }

  #key(key: Node | null, at: Place, path: Path): string | undefined {
    const text = isScalar(key) && key.value !== null ? String(key.source ?? key.value) : undefined;
    if (text !== undefined && text !== '' && text !== '__proto__') return text;
    const message = text === undefined ? 'a key must be plain text' : `${JSON.stringify(text)} cannot be a key`;
    this.errors.push(errorAt(at, path, {code: 'yaml-key', message}));
    return undefined;
  }

  #giveUp(at: Place, path: Path, code: string, message: string): never {
    throw new UserErrors([...this.errors, errorAt(at, path, {code, message})]);
  }
}
