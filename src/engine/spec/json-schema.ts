import {z} from 'zod';
import {projectSchema} from './project-schema.ts';
import {serverFileSchema} from './server/server-schema.ts';
import {writtenStackSchema} from './stack-schema.ts';
import {templateSchema} from './template-schema.ts';
import {writtenWorkloadSchema} from './workload-schema.ts';

/** What a schema is published for. */
export const schemaKinds = ['project', 'server', 'stack', 'template', 'workload'] as const;
export type SchemaKind = (typeof schemaKinds)[number];

const SCHEMAS = {
  project: projectSchema,
  server: serverFileSchema,
  stack: writtenStackSchema,
  template: templateSchema,
  workload: writtenWorkloadSchema,
};

/** The schema of a kind of document, in the form that people write. */
export const writtenSchema = (kind: SchemaKind): z.ZodType => SCHEMAS[kind];

/** The published JSON Schema (2020-12) of what people write, for completion in editors. */
export function jsonSchema(kind: SchemaKind): Record<string, unknown> {
  const schema = z.toJSONSchema(SCHEMAS[kind], {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
    override: ({jsonSchema}) => {
      if (isTyped(jsonSchema)) allowPlaceholder(jsonSchema);
    },
  });
  const {$schema, ...rest} = schema as Record<string, unknown>;
  return {$schema, title: `niyanta ${kind}`, ...rest};
}

type Json = Record<string, unknown>;

const isTyped = (schema: Json): boolean =>
  ['integer', 'number', 'boolean'].includes(schema.type as string) ||
  (schema.type === 'string' && (Array.isArray(schema.enum) || schema.pattern !== undefined));

/** `replicas: ${count}` is right, too: what is not a text by itself may be a placeholder. */
function allowPlaceholder(schema: Json): void {
  const {description, default: fallback, ...form} = schema;
  for (const key of Object.keys(form)) delete schema[key];
  schema.anyOf = [form, {type: 'string', pattern: '\\$\\{'}];
}
