import type {OpenAPIV3_1} from 'openapi-types';
import {z} from 'zod';
import {permissions} from '../../coordinator/access/index.ts';
import {problem} from '../schemas/problem.ts';

type Operation = OpenAPIV3_1.OperationObject;

const methods = ['get', 'put', 'post', 'delete'] as const;

/** What the routes do not say each by themselves: errors, who may do it, the schema of workloads. */
export function completeDocument(
  document: OpenAPIV3_1.Document,
  workload: Record<string, unknown>,
): OpenAPIV3_1.Document {
  const schemas = {...document.components?.schemas, SubmittedWorkloadInput: workload, Problem: problemSchema()};
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, item]) => [
      path.replaceAll('*}', 'path}'),
      withErrors(path, item),
    ]),
  );
  const whole = {...document, paths, components: {...document.components, schemas}} as OpenAPIV3_1.Document;
  return withPlainNames(withoutUnused(whole));
}

function withErrors(path: string, item: OpenAPIV3_1.PathItemObject | undefined): OpenAPIV3_1.PathItemObject {
  const done: Partial<Record<(typeof methods)[number], Operation>> = {};
  for (const method of methods) {
    const operation = item?.[method] as Operation | undefined;
    if (operation) done[method] = complete(path, method, operation);
  }
  return done as OpenAPIV3_1.PathItemObject;
}

function complete(path: string, method: string, operation: Operation): Operation {
  const permission = permissions[operation.operationId ?? ''];
  const roles = permission?.roles.join(', ');
  const scope =
    permission && permission.subject !== 'self' && `${permission.subject}:${permission.write ? 'write' : 'read'}`;
  const whose = permission?.whole ? ', keys of the whole coordinator' : '';
  const who = permission
    ? `Roles: ${roles}${whose}. ${scope ? `Scope: \`${scope}\`.` : 'No scope narrows it.'}`
    : 'Needs no key.';
  const statuses = errorsOf(path, method, operation);
  const errors = Object.fromEntries(statuses.map(([status, text]) => [status, answer(text)]));
  const parameters = (operation.parameters as OpenAPIV3_1.ParameterObject[] | undefined)?.map(parameter =>
    parameter.name === '*' ? {...parameter, name: 'path'} : parameter,
  );
  return {
    ...operation,
    description: [operation.description, who].filter(Boolean).join('\n\n'),
    ...(parameters && {parameters}),
    responses: {...described(operation.responses), ...errors},
  };
}

const described = (responses: Operation['responses']): Operation['responses'] =>
  Object.fromEntries(
    Object.entries(responses ?? {}).map(([status, response]) => {
      const {description} = response as OpenAPIV3_1.ResponseObject;
      return [
        status,
        {...response, description: description === 'Default Response' ? (words[status] ?? 'Done.') : description},
      ];
    }),
  );

const words: Readonly<Record<string, string>> = {
  200: 'The answer.',
  201: 'Made.',
  204: 'Done; there is nothing to say.',
  503: 'Not now.',
};

type Status = readonly [status: string, text: string];

function errorsOf(path: string, method: string, operation: Operation): readonly Status[] {
  const open: readonly Status[] = [['500', 'A mistake in niyanta; the log has it under the id of the request.']];
  if (!(operation.operationId! in permissions)) return open;
  const changes = method !== 'get';
  const all: readonly (Status | false)[] = [
    ['400', 'The request is not valid; `errors` says where.'],
    ['401', 'No API key, or one that is unknown, expired or revoked.'],
    ['403', 'The role or the scopes of the key do not allow it.'],
    ['404', 'There is none, or it is not yours.'],
    changes && ['409', 'Not possible in the state that it is in.'],
    takes(operation, 'if-match') && ['412', 'It was changed since it was looked at.'],
    operation.requestBody !== undefined && ['413', 'The body is too large.'],
    operation.requestBody !== undefined && ['415', 'The body is not of the media type that is taken here.'],
    changes && ['422', 'Understood, but not possible: names something that is not there, or another content.'],
    path === '/v1/events' && ['426', 'Not a WebSocket.'],
    path.includes('{') && ['431', 'The path is too long, or the headers are.'],
    ['429', 'Too many requests, or too much that waits; Retry-After says when to try again.'],
    ...open,
    ['502', 'Something that the coordinator needs failed.'],
    ['503', 'Not now: it stops, or something that it needs does not answer.'],
  ];
  return all.filter(status => status !== false);
}

const takes = ({parameters = []}: Operation, header: string): boolean =>
  parameters.some(each => 'name' in each && each.in === 'header' && each.name === header);

const answer = (description: string): OpenAPIV3_1.ResponseObject => ({
  description,
  content: {'application/problem+json': {schema: {$ref: '#/components/schemas/Problem'}}},
});

/** Schemas that nothing refers to are left out: each is made for requests and for answers, and most serve one of them. */
function withoutUnused(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const schemas = document.components?.schemas ?? {};
  const used = new Set<string>();
  const walk = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name!)) continue;
      used.add(name!);
      walk(schemas[name!]);
    }
  };
  walk(document.paths);
  const kept = Object.entries(schemas)
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {...document, components: {...document.components, schemas: Object.fromEntries(kept)}};
}

/** Schemas of requests end in `Input`, to tell them from those of answers: where there is none to tell from, without. */
function withPlainNames(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const schemas = document.components?.schemas ?? {};
  const plain = (name: string): string => {
    const short = name.replace(/Input$/, '');
    return short in schemas && JSON.stringify(schemas[short]) !== JSON.stringify(schemas[name]) ? name : short;
  };
  const named = JSON.stringify(document).replace(
    /"#\/components\/schemas\/([^"]+)"/g,
    (_, name: string) => `"#/components/schemas/${plain(name)}"`,
  );
  const renamed = JSON.parse(named) as OpenAPIV3_1.Document;
  const entries = Object.entries(renamed.components?.schemas ?? {}).map(([name, schema]) => [plain(name), schema]);
  return {...renamed, components: {...renamed.components, schemas: Object.fromEntries(entries)}};
}

function problemSchema(): OpenAPIV3_1.SchemaObject {
  const {$schema: _, ...schema} = z.toJSONSchema(problem) as Record<string, unknown>;
  return schema;
}
