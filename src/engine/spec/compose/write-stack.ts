import {Document, isScalar, type Node, Pair, Scalar, YAMLMap, YAMLSeq} from 'yaml';
import type {Place, Source} from '../tree.ts';
import {type Comment, type Comments, commentKey, headKey} from './comments.ts';
import {KEY_ORDER} from './convert-service.ts';
import type {Notes} from './notes.ts';
import {refusedParts} from './refused-parts.ts';
import type {Placed, Written} from './written.ts';

export interface StackParts {
  readonly name: string;
  readonly source: Source;
  readonly services: ReadonlyMap<string, Placed>;
  readonly volumes: ReadonlyMap<string, Placed>;
  readonly routes: readonly Placed[];
}

/** Wider ones are written an item a line. */
const WIDTH = 100;

/** The stack as YAML, with the comments of the Compose file; parts that no stack may have are left out and noted. */
export function writeStack(parts: StackParts, comments: Comments, notes: Notes): string {
  const services = new Map(
    [...parts.services].map(([name, {value, from}]) => [
      name,
      {value: ordered(value as ReadonlyMap<string, Placed>), from},
    ]),
  );
  const stack = new Map<string, Placed>([
    ['apiVersion', {value: 'niyanta/v1'}],
    ['kind', {value: 'Stack'}],
    ['name', {value: parts.name}],
    ['services', {value: services}],
    ...(parts.volumes.size > 0 ? [['volumes', {value: parts.volumes}] as const] : []),
    ...(parts.routes.length > 0 ? [['routes', {value: parts.routes}] as const] : []),
  ]);
  const clean = refusedParts({value: stack}, notes);
  const document = new Document();
  // Each comment is written once, at the first key that comes from its place.
  const left = new Map(comments);
  document.contents = node(clean, left, []) as never;
  const head = comments.get(headKey(parts.source))?.before;
  if (head !== undefined) document.commentBefore = head;
  return formatStack(document);
}

/** One format for all stacks that are written: what was written is written again as it is. */
export const formatStack = (document: Document): string =>
  document.toString({lineWidth: WIDTH, flowCollectionPadding: false, indentSeq: true, nullStr: ''});

function ordered(keys: ReadonlyMap<string, Placed>): ReadonlyMap<string, Placed> {
  const rank = (key: string): number => (KEY_ORDER.includes(key) ? KEY_ORDER.indexOf(key) : KEY_ORDER.length);
  return new Map([...keys].sort(([a], [b]) => rank(a) - rank(b)));
}

function node({value}: Placed, comments: Comments, path: readonly string[]): Node {
  if (value === null || typeof value !== 'object') return scalar(value);
  if (value instanceof Map) {
    const map = new YAMLMap();
    for (const [key, child] of value as ReadonlyMap<string, Placed>) {
      const name = new Scalar(key);
      const inner = node(child, comments, [...path, key]);
      decorate(name, inner, child.from, comments, path.length === 1 || path.length === 0);
      map.items.push(new Pair(name, inner));
    }
    map.flow = isShort(value, path, comments);
    return map;
  }
  const list = new YAMLSeq();
  for (const item of value as readonly Placed[]) {
    const inner = node(item, comments, [...path, '']);
    const comment = taken(item.from, comments);
    if (comment?.before !== undefined) inner.commentBefore = comment.before;
    if (comment?.behind !== undefined && isScalar(inner)) inner.comment = comment.behind;
    list.items.push(inner);
  }
  list.flow = isShort(value, path, comments);
  return list;
}

function scalar(value: string | number | boolean | null): Scalar {
  const made = new Scalar(value);
  // Older YAML reads 22:22 as a number of base 60.
  if (typeof value === 'string' && /^\d+(?::\d+)+$/.test(value)) made.type = 'QUOTE_DOUBLE';
  return made;
}

/** The comment of a place, which is nobody else's from then on. */
function taken(from: Place | undefined, comments: Comments): Comment | undefined {
  const comment = from && comments.get(commentKey(from));
  if (comment) comments.delete(commentKey(from!));
  return comment;
}

/** A comment belongs to one key: the first that comes from its place. */
function decorate(name: Scalar, inner: Node, from: Place | undefined, comments: Comments, spaced: boolean): void {
  const comment = taken(from, comments);
  if (!comment) return;
  if (comment.before !== undefined) name.commentBefore = comment.before;
  if (comment.behind !== undefined && isScalar(inner)) inner.comment = comment.behind;
  if (comment.space && spaced) name.spaceBefore = true;
}

/** Settings in one line where they fit, and where no comment stands in them. */
function isShort(value: Written, path: readonly string[], comments: Comments): boolean {
  const key = path[2];
  if (path[0] === 'volumes') return path.length > 1;
  if (path[0] === 'routes') return path.length === 2;
  if (
    key === undefined ||
    ((key === 'env' || key === 'labels' || key === 'files' || key === 'build') && path.length === 3)
  )
    return false;
  if ((key === 'ports' || key === 'volumes' || key === 'mounts' || key === 'envFile') && path.length === 3)
    return false;
  return !hasComment(value, comments) && JSON.stringify(width(value)).length < WIDTH - 20;
}

function width(value: Written): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, child]) => [key, width(child.value)]));
  return (value as readonly Placed[]).map(child => width(child.value));
}

function hasComment(value: Written, comments: Comments): boolean {
  if (value === null || typeof value !== 'object') return false;
  const children: readonly Placed[] = value instanceof Map ? [...value.values()] : (value as readonly Placed[]);
  return children.some(child => {
    const comment = child.from && comments.get(commentKey(child.from));
    return comment?.before !== undefined || comment?.behind !== undefined || hasComment(child.value, comments);
  });
}
