import nodePath from 'node:path';
import {UserError} from '../errors.ts';
import type {Files} from '../files.ts';
import {unreadable} from '../files.ts';
import {decodeText, readYaml} from '../read-yaml.ts';
import {errorAt, type MapTree, type Path, type Place, placeAt, type Tree, treeAt, withEntry, without} from '../tree.ts';
import {type Comments, commentsOf} from './comments.ts';
import {mergeServices} from './merge-services.ts';

/** Files beyond these are no project of people: something includes without end. */
const MOST_FILES = 100;

/** Compose files as one tree, with what other files were put into it. */
export interface ComposeTree {
  readonly tree: MapTree;
  readonly comments: Comments;
}

/**
 * Reads Compose files: what they include put in, later ones over earlier ones, `extends` carried out.
 * Errors: UserError with the place: a file that cannot be read, a cycle, a service that is not there; UserErrors of YAML.
 */
export async function readCompose(
  paths: readonly string[],
  files: Files,
  nameOf: (path: string) => string,
): Promise<ComposeTree> {
  const reader = new Reader(files, nameOf);
  let tree: MapTree | undefined;
  for (const path of paths) {
    const next = await reader.file(path, [], undefined);
    tree = tree ? (mergeFiles(tree, next) as MapTree) : next;
  }
  return {tree: await reader.extended(tree!), comments: reader.comments};
}

/** Where a file was asked for; the first one was by the command line. */
type Asked = {readonly at: Place; readonly path: Path} | undefined;

class Reader {
  readonly comments: Comments = new Map();
  readonly #files: Files;
  readonly #nameOf: (path: string) => string;
  readonly #read = new Map<string, Promise<MapTree>>();

  constructor(files: Files, nameOf: (path: string) => string) {
    this.#files = files;
    this.#nameOf = nameOf;
  }

  /** A file with what it includes; `trail` are the files that include it. */
  async file(path: string, trail: readonly string[], asked: Asked): Promise<MapTree> {
    if (trail.includes(path)) {
      const names = [...trail.slice(trail.indexOf(path)), path].map(this.#nameOf);
      throw refusal(asked, 'compose-cycle', `is a cycle: ${names.join(' includes ')}`, 'Remove one of these includes.');
    }
    const own = await this.#parsed(path, asked);
    const includes = treeAt(own, ['include']);
    if (includes === undefined) return own;
    let base: MapTree | undefined;
    const list = includes.kind === 'list' ? includes.items : [includes];
    for (const [index, item] of list.entries()) {
      for (const one of includedPaths(item)) {
        const at = {at: one.at, path: ['include', index]};
        const tree = await this.file(nodePath.resolve(one.at.source.directory, one.text), [...trail, path], at);
        base = base ? (mergeFiles(base, tree) as MapTree) : tree;
      }
    }
    const rest = without(own, 'include');
    return base ? (mergeFiles(without(base, 'name'), rest) as MapTree) : rest;
  }

  #parsed(path: string, asked: Asked): Promise<MapTree> {
    const known = this.#read.get(path);
    if (known) return known;
    if (this.#read.size >= MOST_FILES) {
      throw refusal(asked, 'compose-too-many-files', `is more than ${MOST_FILES} files in all`);
    }
    const parsed = this.#parse(path, asked);
    this.#read.set(path, parsed);
    return parsed;
  }

  async #parse(path: string, asked: Asked): Promise<MapTree> {
    const name = this.#nameOf(path);
    const bytes = await this.#files.read(path).catch((error: unknown) => {
      throw refusal(asked, 'file-missing', `${name}: ${unreadable(error)}`);
    });
    const text = decodeText(bytes, name);
    const source = {name, directory: nodePath.dirname(path)};
    const [tree, second] = readYaml(text, source);
    const start = {source, line: 1, column: 1};
    if (!tree) throw errorAt(start, [], {code: 'file-empty', message: 'is empty'});
    if (second)
      throw errorAt(second.at, [], {code: 'compose-documents', message: 'is a second document; Compose reads one'});
    if (tree.kind !== 'map') throw errorAt(tree.at, [], {code: 'wrong-type', message: 'must be a map with services'});
    commentsOf(text, source, this.comments);
    return tree;
  }

  /** The tree with every `extends` carried out. */
  async extended(tree: MapTree): Promise<MapTree> {
    const services = treeAt(tree, ['services']);
    if (services?.kind !== 'map') return tree;
    let result = services;
    for (const name of services.entries.keys()) {
      result = withEntry(result, name, await this.#service(tree, name, []));
    }
    return withEntry(tree, 'services', result);
  }

  async #service(tree: MapTree, name: string, trail: readonly string[]): Promise<Tree> {
    const own = treeAt(tree, ['services', name])!;
    const wish = own.kind === 'map' ? own.entries.get('extends')?.value : undefined;
    if (own.kind !== 'map' || wish === undefined) return own;
    const path = ['services', name, 'extends'];
    const text = (key: string): string | undefined => {
      const value = wish.kind === 'map' ? wish.entries.get(key)?.value : undefined;
      return value?.kind === 'scalar' ? value.text : undefined;
    };
    const base = wish.kind === 'scalar' ? wish.text : text('service');
    const file = text('file');
    if (base === undefined) {
      throw errorAt(wish.at, path, {code: 'compose-extends', message: 'must name a service: extends: {service: NAME}'});
    }
    const where = file === undefined ? undefined : nodePath.resolve(wish.at.source.directory, file);
    const there = where === undefined ? tree : await this.file(where, [], {at: wish.at, path});
    const here = `${own.at.source.directory}/${own.at.source.name}#${name}`;
    const key = where === undefined ? here : `${nodePath.dirname(where)}/${this.#nameOf(where)}#${base}`;
    const steps = [...trail, here];
    const next = where === undefined ? here.replace(/#[^#]*$/, `#${base}`) : key;
    if (steps.includes(next)) {
      const cycle = [...steps.slice(steps.indexOf(next)), next].map(step => step.slice(step.lastIndexOf('#') + 1));
      const message = `is a cycle: ${cycle.join(' extends ')}`;
      throw errorAt(wish.at, path, {code: 'compose-cycle', message, hint: 'Remove one of these extends.'});
    }
    if (treeAt(there, ['services', base]) === undefined) {
      const message = `there is no service ${JSON.stringify(base)}${file === undefined ? '' : ` in ${file}`}`;
      throw errorAt(wish.at, path, {code: 'unknown-service', message});
    }
    const extended = await this.#service(there, base, steps);
    // What ties a service to its neighbours is not inherited (Compose: depends_on, links, volumes_from).
    const inherited = extended.kind === 'map' ? without(extended, 'links', 'volumes_from', 'depends_on') : extended;
    return mergeServices(inherited, without(own, 'extends'));
  }
}

const refusal = (asked: Asked, code: string, message: string, hint?: string): UserError =>
  asked ? errorAt(asked.at, asked.path, {code, message, hint}) : new UserError({code, message, hint});

function includedPaths(item: Tree): {readonly text: string; readonly at: Place}[] {
  const value = item.kind === 'map' ? item.entries.get('path')?.value : item;
  const list = value?.kind === 'list' ? value.items : value ? [value] : [];
  return list.flatMap(one => (one.kind === 'scalar' ? [{text: one.text, at: placeAt(one, [])}] : []));
}

/** One file over another: sections by name, services as Compose merges them. */
function mergeFiles(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  let merged = base;
  for (const [section, {keyAt, value}] of over.entries) {
    const before = merged.entries.get(section)?.value;
    const next = before?.kind === 'map' && value.kind === 'map' ? mergeSection(before, value) : value;
    merged = {...merged, entries: new Map([...merged.entries, [section, {keyAt, value: next}]])};
  }
  return merged;
}

function mergeSection(base: MapTree, over: MapTree): MapTree {
  const entries = new Map(base.entries);
  for (const [name, {keyAt, value}] of over.entries) {
    const before = entries.get(name)?.value;
    entries.set(name, {keyAt, value: before ? mergeServices(before, value) : value});
  }
  return {...base, entries};
}
