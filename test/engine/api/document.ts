import {z} from 'zod';
import {openApiDocument} from '../../../src/engine/api/openapi/document.ts';
import type {Answer} from './serving.ts';

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** `/v1/workloads/{id}`. */
  readonly path: string;
  readonly security?: readonly object[];
  readonly requestBody?: {readonly content: Readonly<Record<string, {readonly schema: object}>>};
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly responses: Readonly<
    Record<string, {readonly content?: Readonly<Record<string, {readonly schema: object}>>}>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>;
  readonly components: {readonly schemas: Readonly<Record<string, object>>};
}

/** As published, but for where references lead: a schema by itself carries all of them as `$defs`. */
export const document = JSON.parse(
  JSON.stringify(await openApiDocument('0.0.0-test')).replaceAll('#/components/schemas/', '#/$defs/'),
) as Document;

export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({...operation, method: method.toUpperCase(), path})),
);

export const schemaNamed = (name: string): object => document.components.schemas[name] ?? {};

/** The operation that a request was for. */
export const operationFor = (method: string, path: string): Operation | undefined =>
  operations
    .filter(operation => operation.method === method && patternOf(operation.path).test(path.split('?')[0]!))
    // A path without parameters goes before one with them.
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace('{path}', '.+').replace(/\{[^}]+\}/g, '[^/]+')}$`);

const compiled = new Map<object, z.ZodType>();

/** Throws when an answer is not one that the document has for the operation. */
export async function checkAnswer(method: string, path: string, answer: Answer): Promise<void> {
  const operation = operationFor(method, path);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!.trim();
  const where = `${method} ${path} → ${answer.status} ${type}`;
  if (operation === undefined) {
    if (answer.status >= 400) hold(document.components.schemas.Problem!, answer.json, where);
    return;
  }
  const response = operation.responses[String(answer.status)];
  if (response === undefined) throw new Error(`${where}: the document has no such status for ${operation.operationId}`);
  if (answer.status === 204) {
    if (answer.text !== '') throw new Error(`${where}: there is a body`);
    return;
  }
  const content = response.content?.[type];
  if (content === undefined) throw new Error(`${where}: the document has no such content for ${operation.operationId}`);
  if (type.endsWith('json')) hold(content.schema, answer.json, where);
}

/** A value against a schema of the document, by a validator that was made from the document alone. */
function hold(schema: object, value: unknown, where: string): void {
  const check = compiled.get(schema) ?? z.fromJSONSchema({...schema, $defs: document.components.schemas} as never);
  compiled.set(schema, check);
  const {error} = check.safeParse(value);
  if (error) throw new Error(`${where}: not as the document says: ${z.prettifyError(error)}\n${JSON.stringify(value)}`);
}
