import {checkShape} from '../check-shape.ts';
import {stackSchema} from '../stack-schema.ts';
import type {Path, Place, Tree} from '../tree.ts';
import type {Notes} from './notes.ts';
import type {Placed} from './written.ts';

/** Rounds of leaving out; each makes the stack smaller. */
const MOST_ROUNDS = 1000;

const nowhere: Place = {source: {name: '', directory: ''}, line: 1, column: 1};

/**
 * The stack without what its schema refuses: an odd label, a user that is none. Whatever is left out is noted with its
 * place in the Compose file. What holds a placeholder is judged when it has its value.
 */
export function refusedParts(stack: Placed, notes: Notes): Placed {
  let clean = stack;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const {errors} = checkShape(stackSchema, treeOf(clean));
    const wrong = errors.flatMap(error => {
      const path = pathIn(clean, error.location?.path ?? '');
      const there = path && at(clean, path);
      if (!path || !there || (typeof there.value !== 'object' && String(there.value).includes('${'))) return [];
      return [{path, there, message: error.message}];
    });
    const first = wrong[0];
    if (first === undefined) return withoutImageless(clean, notes);
    // A name is refused at its entry; below services, volumes and routes nothing else is left out whole.
    notes.add('lost', first.path, first.there.from ?? nowhere, `no stack may have it: ${first.message}`);
    clean = without(clean, first.path);
  }
  return clean;
}

/** A service has to be made of something; those that are not, and what needs them, are left out. */
function withoutImageless(stack: Placed, notes: Notes): Placed {
  const services = at(stack, ['services'])?.value as ReadonlyMap<string, Placed>;
  const gone = new Set<string>();
  let clean = stack;
  for (const [name, {value, from}] of services) {
    const keys = value as ReadonlyMap<string, Placed>;
    if (keys.has('image') || keys.has('build')) continue;
    notes.add('lost', ['services', name], from ?? nowhere, 'has no image that a stack can have');
    gone.add(name);
    clean = without(clean, ['services', name]);
  }
  for (const [name] of gone.size > 0 ? services : []) {
    const needs = at(clean, ['services', name, 'needs']);
    if (!needs) continue;
    const left = (needs.value as readonly Placed[]).filter(({value}) => !gone.has(String(value)));
    clean = replaced(clean, ['services', name, 'needs'], {...needs, value: left});
  }
  return clean;
}

/** The stack with another value at a path of maps. */
function replaced(stack: Placed, [key, ...rest]: Path, next: Placed): Placed {
  if (key === undefined) return next;
  const map = stack.value as ReadonlyMap<string, Placed>;
  return {
    ...stack,
    value: new Map([...map].map(([one, child]) => [one, one === key ? replaced(child, rest, next) : child])),
  };
}

function treeOf({value, from = nowhere}: Placed): Tree {
  if (value === null || typeof value !== 'object') {
    return {kind: 'scalar', at: from, value, text: value === null ? '' : String(value)};
  }
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, Placed>)].map(
      ([key, child]) => [key, {keyAt: child.from ?? from, value: treeOf(child)}] as const,
    );
    return {kind: 'map', at: from, entries: new Map(entries)};
  }
  return {kind: 'list', at: from, items: (value as readonly Placed[]).map(treeOf)};
}

/** The path of an error, from its text: keys with dots are quoted there. */
function pathIn(stack: Placed, text: string): Path | undefined {
  const parts = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[^.]+/g)].map(([part]) =>
    part.startsWith('"') ? (JSON.parse(part) as string) : part,
  );
  for (let length = parts.length; length > 0; length -= 1) {
    if (at(stack, parts.slice(0, length))) return parts.slice(0, length);
  }
  return undefined;
}

function at(stack: Placed, path: Path): Placed | undefined {
  return path.reduce<Placed | undefined>((here, part) => {
    if (here?.value instanceof Map) return here.value.get(String(part));
    return Array.isArray(here?.value) ? (here.value as readonly Placed[])[Number(part)] : undefined;
  }, stack);
}

function without(stack: Placed, [key, ...rest]: Path): Placed {
  const {value} = stack;
  if (value instanceof Map) {
    const map = value as ReadonlyMap<string, Placed>;
    const name = String(key);
    if (rest.length === 0) return {...stack, value: new Map([...map].filter(([one]) => one !== name))};
    return {
      ...stack,
      value: new Map([...map].map(([one, child]) => [one, one === name ? without(child, rest) : child])),
    };
  }
  const list = value as readonly Placed[];
  const index = Number(key);
  if (rest.length === 0) return {...stack, value: list.filter((_, i) => i !== index)};
  return {...stack, value: list.map((child, i) => (i === index ? without(child, rest) : child))};
}
