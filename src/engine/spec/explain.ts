import type {z} from 'zod';
import {UserError} from './errors.ts';
import {type SchemaKind, schemaKinds, writtenSchema} from './json-schema.ts';
import {childOf, core, definitionOf, keysOf, type Schema} from './schema-walk.ts';
import {suggest} from './suggest.ts';

/** What is known of one field, for `explain` and the reference. */
export interface FieldDoc {
  /** Dotted; `*` stands for a name that people choose, `[]` for an entry of a list. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  /** As it would be written. */
  readonly default?: string;
  readonly allowed?: readonly string[];
  readonly children: readonly {readonly name: string; readonly type: string; readonly description: string}[];
}

/** A field by its path, in a stack first, then a project, a template, a workload, a server. Errors: UserError `unknown-field`. */
export function explainField(path: string): FieldDoc & {readonly kind: SchemaKind} {
  const [first = '', ...others] = path.split('.').filter(part => part !== '');
  const told = schemaKinds.find(kind => kind === first.toLowerCase());
  const parts = told ? others : first === '' ? [] : [first, ...others];
  const kinds: readonly SchemaKind[] = told ? [told] : ['stack', 'project', 'template', 'workload', 'server'];
  for (const kind of kinds) {
    const field = fieldAt(writtenSchema(kind), parts);
    if (field) return {kind, ...docOf(field.schema, field.path, field.required)};
  }
  throw unknownField(path, parts, kinds);
}

/** Every field of a kind of document, in the order of the schema, for the reference. */
export function fieldReference(kind: SchemaKind): FieldDoc[] {
  // Overrides repeat the whole of a service, and a project's section that of a server: documented once.
  const elsewhere = ([first]: readonly string[], depth: number) =>
    (first === 'environments' && depth > 1) || (kind === 'project' && first === 'server');
  const walk = (schema: Schema, path: readonly string[], required: boolean): FieldDoc[] => [
    ...(path.length > 0 ? [docOf(schema, path, required)] : []),
    ...(elsewhere(path, path.length)
      ? []
      : childrenOf(schema).flatMap(child => walk(child.schema, [...path, child.name], child.required))),
  ];
  return walk(writtenSchema(kind), [], true);
}

interface Child {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

function childrenOf(schema: Schema): Child[] {
  const {type, valueType, element, options} = definitionOf(core(schema));
  if (type === 'record') return isStructured(valueType!) ? [{name: '*', schema: valueType!, required: false}] : [];
  if (type === 'array') return isStructured(element!) ? [{name: '[]', schema: element!, required: false}] : [];
  if (type === 'union') return options!.flatMap(childrenOf);
  return keysOf(schema).map(name => {
    const child = childOf(schema, name)!;
    return {name, schema: child, required: isRequired(child)};
  });
}

function isRequired(schema: Schema): boolean {
  const {type, innerType} = definitionOf(schema);
  if (type === 'optional' || type === 'default' || type === 'prefault') return false;
  return innerType ? isRequired(innerType) : true;
}

const isStructured = (schema: Schema): boolean =>
  ['object', 'record', 'array'].includes(definitionOf(core(schema)).type) || keysOf(schema).length > 0;

function fieldAt(schema: Schema, parts: readonly string[]) {
  let here: Child & {path: readonly string[]} = {name: '', schema, required: true, path: []};
  for (const part of parts) {
    const {type} = definitionOf(core(here.schema));
    const name = type === 'record' ? '*' : type === 'array' ? '[]' : part;
    // `services.image` and `services.backend.image` are both understood: the name may be left out.
    const children = childrenOf(here.schema);
    const only = type === 'record' || type === 'array' ? children[0] : undefined;
    const skipped = only && part !== '*' && keysOf(only.schema).includes(part) ? childrenOf(only.schema) : undefined;
    const next = skipped
      ? skipped.find(child => child.name === part)
      : (children.find(child => child.name === name) ?? named(here.schema, name, part));
    if (!next) return undefined;
    here = {...next, path: [...here.path, ...(skipped ? [only!.name] : []), next.name]};
  }
  return here;
}

/** An entry of a map or list of plain values. */
function named(schema: Schema, name: string, part: string): Child | undefined {
  const child = name === part ? undefined : childOf(schema, part);
  return child && {name, schema: child, required: false};
}

function docOf(schema: Schema, path: readonly string[], required: boolean): FieldDoc {
  const fallback = defaultOf(schema);
  const allowed = allowedOf(schema);
  return {
    path: path.join('.'),
    type: typeOf(schema),
    description: descriptionOf(schema),
    required,
    ...(fallback !== undefined && {default: written(fallback)}),
    ...(allowed && {allowed}),
    children: childrenOf(schema).map(child => ({
      name: child.name,
      type: typeOf(child.schema),
      description: descriptionOf(child.schema),
    })),
  };
}

function descriptionOf(schema: Schema): string {
  const {description} = schema as z.ZodType;
  const {innerType} = definitionOf(schema);
  return description ?? (innerType ? descriptionOf(innerType) : ((core(schema) as z.ZodType).description ?? ''));
}

function defaultOf(schema: Schema): unknown {
  const {type, innerType, defaultValue} = definitionOf(schema);
  if (type === 'default' || type === 'prefault') return defaultValue;
  return innerType ? defaultOf(innerType) : undefined;
}

function written(value: unknown): string {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    return Array.isArray(value) ? '[]' : '{}';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function allowedOf(schema: Schema): string[] | undefined {
  const {type, entries, values} = definitionOf(core(schema));
  if (type === 'enum') return Object.values(entries!);
  if (type === 'literal') return values!.map(String);
  return type === 'boolean' ? ['true', 'false'] : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  boolean: 'true or false',
  object: 'map',
  enum: 'choice',
  literal: 'fixed text',
};

function typeOf(schema: Schema): string {
  const {type, options, element, valueType} = definitionOf(core(schema));
  if (type === 'array') return `list of ${typeOf(element!)}`;
  if (type === 'record') return `map of ${typeOf(valueType!)} by name`;
  if (type === 'union') return [...new Set(options!.map(typeOf))].join(', or ');
  return TYPES[type] ?? type;
}

function unknownField(path: string, parts: readonly string[], kinds: readonly SchemaKind[]): UserError {
  for (let length = parts.length - 1; length >= 0; length--) {
    for (const kind of kinds) {
      const around = fieldAt(writtenSchema(kind), parts.slice(0, length));
      if (!around) continue;
      const keys = childrenOf(around.schema).map(child => child.name);
      const meant = suggest(parts[length]!, keys) ?? (length === 0 ? anyKind(parts[0]!) : undefined);
      const fixed = meant && [...parts.slice(0, length), meant, ...parts.slice(length + 1)].join('.');
      const message = `there is no field ${path}${fixed ? `, did you mean ${JSON.stringify(fixed)}?` : ''}`;
      const where = length === 0 ? kind : parts.slice(0, length).join('.');
      return new UserError({code: 'unknown-field', message, hint: `${where} has: ${keys.join(', ') || 'no fields'}.`});
    }
  }
  return new UserError({code: 'unknown-field', message: `there is no field ${path}`});
}

const anyKind = (word: string): string | undefined =>
  suggest(
    word,
    schemaKinds.flatMap(kind => keysOf(writtenSchema(kind))),
  );
