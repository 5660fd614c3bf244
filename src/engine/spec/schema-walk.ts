import type {z} from 'zod';
import type {Path} from './tree.ts';

/** Any zod schema, seen from inside. */
export type Schema = z.core.$ZodType;

interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
  readonly defaultValue?: unknown;
}

/** How a schema is made. */
export const definitionOf = (schema: Schema): Definition => schema._zod.def as unknown as Definition;

/** The schema that people's input has to meet, without wrappers such as optional and default. */
export function core(schema: Schema): Schema {
  const definition = definitionOf(schema);
  if (definition.innerType) return core(definition.innerType);
  if (definition.type !== 'pipe') return schema;
  return core(definitionOf(definition.in!).type === 'transform' ? definition.out! : definition.in!);
}

/** Keys that a map of this schema may have, when they are fixed. */
export function keysOf(schema: Schema): string[] {
  const {type, shape, options} = definitionOf(core(schema));
  if (type === 'object') return Object.keys(shape!);
  return type === 'union' ? options!.flatMap(keysOf) : [];
}

/** The schema of a key or index, if there may be one. */
export function childOf(schema: Schema, key: string | number): Schema | undefined {
  const {type, shape, options, valueType, element} = definitionOf(core(schema));
  if (type === 'object') return Object.hasOwn(shape!, key) ? shape![key] : undefined;
  if (type === 'record') return valueType;
  if (type === 'array') return element;
  if (type === 'union') return options!.map(option => childOf(option, key)).find(found => found !== undefined);
  return undefined;
}

/** The schema at a path, if there may be one. */
export function schemaAt(schema: Schema, path: Path): Schema | undefined {
  return path.reduce<Schema | undefined>((here, key) => here && childOf(here, key), schema);
}

/**
 * Whether numbers and booleans at this place are meant as the text that was written: `user: 1000`, `env: {V: 1.10}`.
 * A plain union of text and number keeps its types.
 */
export function takesText(schema: Schema): boolean {
  const definition = definitionOf(schema);
  if (definition.innerType) return takesText(definition.innerType);
  if (definition.type === 'string') return true;
  if (definition.type === 'union')
    return (
      definition.options!.some(
        option =>
          definitionOf(core(option)).type !== 'number' &&
          definitionOf(core(option)).type !== 'boolean' &&
          takesText(option),
      ) && !definition.options!.some(option => ['number', 'boolean'].includes(definitionOf(core(option)).type))
    );
  if (definition.type !== 'pipe') return false;
  const input = definitionOf(definition.in!).type === 'transform' ? definition.out! : definition.in!;
  const {type, options} = definitionOf(input);
  return type === 'union' ? options!.some(option => definitionOf(option).type === 'string') : takesText(input);
}
