import swagger from '@fastify/swagger';
import {createJsonSchemaTransform, createJsonSchemaTransformObject} from 'fastify-type-provider-zod';
import type {OpenAPIV3_1} from 'openapi-types';
import {permissions} from '../../coordinator/access/index.ts';
import type {ApiServer} from '../api-parts.ts';
import {completeDocument} from './complete-document.ts';
import {submittedWorkloadSchema} from './submitted-workload.ts';

const transform = createJsonSchemaTransform({});
const transformObject = createJsonSchemaTransformObject({});

const tags = [
  {name: 'workloads', description: 'Submit work, follow it, stop it.'},
  {name: 'files', description: 'Images and input files that submissions refer to.'},
  {name: 'checkpoints', description: 'Where workloads go on.'},
  {name: 'schedules', description: 'Workloads at times of the clock.'},
  {name: 'environments', description: 'Stacks that the coordinator serves: applied, watched, healed, scaled.'},
  {name: 'workers', description: 'Hosts that execute workloads.'},
  {name: 'customers', description: 'Customers and API keys.'},
  {name: 'audit', description: 'What happened.'},
  {name: 'usage', description: 'What customers use.'},
  {name: 'events', description: 'What happens now.'},
  {name: 'operation', description: 'For those who operate the coordinator.'},
];

/** Has the server make the OpenAPI 3.1 document of its routes; to be called before they are declared. */
export async function describeApi(server: ApiServer, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'niyanta',
        version,
        description: 'The coordinator: submit workloads, follow them, and see after hosts and customers.',
        license: {name: 'MIT', identifier: 'MIT'},
      },
      servers: [{url: '/', description: 'The coordinator that serves this document.'}],
      tags,
      components: {
        securitySchemes: {
          key: {type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer nyk_…`.'},
        },
      },
    },
    transform: input => {
      const {schema, url} = transform(input);
      const permission = permissions[(schema as {operationId?: string} | undefined)?.operationId ?? ''];
      return {schema: {...schema, ...(permission && {security: [{key: []}]})}, url};
    },
    transformObject: input =>
      completeDocument(transformObject(input) as OpenAPIV3_1.Document, submittedWorkloadSchema()) as never,
  });
}
