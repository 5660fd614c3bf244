import {childOf, core, definitionOf, keysOf, type Schema} from '../schema-walk.ts';
import {parseStateLocation, stateText} from '../state-location.ts';
import {type Path, pathText, placeAt, type Tree, toValue, treeAt} from '../tree.ts';
import {serverSchema} from './server-schema.ts';
import type {ServerSetting} from './server-settings.ts';

/** Every setting that counts, in the order of the schema, as it was written, with who wrote it. */
export const listSettings = (tree: Tree, originOf: (tree: Tree, path: Path) => string): ServerSetting[] =>
  walk(serverSchema, tree, [], originOf);

function walk(schema: Schema, tree: Tree, path: Path, originOf: (tree: Tree, path: Path) => string): ServerSetting[] {
  const there = treeAt(tree, path);
  const keys = keysOf(schema);
  const {type} = definitionOf(core(schema));
  if (keys.length > 0 && there?.kind !== 'scalar')
    return there || !isOptional(schema)
      ? keys.flatMap(key => walk(childOf(schema, key)!, tree, [...path, key], originOf))
      : [];
  if (type === 'record' && there?.kind === 'map')
    return [...there.entries.keys()].flatMap(key => walk(childOf(schema, key)!, tree, [...path, key], originOf));
  const name = pathText(path);
  if (there) return [{name, value: shown(path, written(there)), origin: originOf(tree, path)}];
  const fallback = defaultOf(schema);
  return fallback === undefined ? [] : [{name, value: text(fallback), origin: 'default'}];
}

function written(tree: Tree): string {
  return tree.kind === 'scalar' ? tree.text : text(toValue(tree));
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Without what may be a secret in clear: of a database from a variable, of a header. */
function shown(path: Path, value: string): string {
  if (path[0] === 'tracing' && path[1] === 'headers') return isReference.test(value) ? value : '***';
  if (path[0] !== 'database') return value;
  const location = parseStateLocation(value, '/', '/');
  return 'wrong' in location ? 'postgres://***' : stateText(location);
}

/** `${secret:NAME}`, or with a scheme before it. */
const isReference = /^(?:[A-Za-z]+ )?\$\{secret:[^}]+\}$/;

function isOptional(schema: Schema): boolean {
  return definitionOf(schema).type === 'optional';
}

function defaultOf(schema: Schema): unknown {
  const {type, innerType, defaultValue} = definitionOf(schema);
  if (type === 'default' || type === 'prefault') return defaultValue;
  return innerType ? defaultOf(innerType) : undefined;
}

/** `file:line:column` for what stands in a file. */
export function originIn(tree: Tree, path: Path): string {
  const {source, line, column} = placeAt(tree, path);
  return `${source.name}:${line}:${column}`;
}
