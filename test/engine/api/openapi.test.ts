import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {z} from 'zod';
import {permissions} from '../../../src/engine/coordinator/access/index.ts';
import {document, operations} from './document.ts';

test('every operation has an id of its own, a summary, roles and scope, and the errors it can answer with', () => {
  expect(new Set(operations.map(({operationId}) => operationId)).size).toBe(operations.length);
  for (const operation of operations) {
    const {operationId, responses, security} = operation;
    expect(operation, operationId).toMatchObject({summary: expect.stringMatching(/\.$/), tags: [expect.any(String)]});
    expect(
      Object.keys(responses).some(status => status < '400'),
      operationId,
    ).toBe(true);
    if (!(operationId in permissions)) continue;
    expect(security, operationId).toEqual([{key: []}]);
    for (const status of ['400', '401', '403', '404', '429', '503'])
      expect(responses[status]?.content, operationId).toHaveProperty(['application/problem+json']);
  }
});

test('the table of permissions names no operation that there is not', () => {
  const known = operations.map(({operationId}) => operationId);
  expect(Object.keys(permissions).filter(name => !known.includes(name))).toEqual([]);
});

test('every parameter of a path is declared, and no other', () => {
  for (const {path, parameters = [], operationId} of operations) {
    const written = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name).sort();
    const declared = parameters.filter(each => each.in === 'path');
    expect(declared.map(({name}) => name).sort(), operationId).toEqual(written);
    expect(
      declared.every(({required}) => required),
      operationId,
    ).toBe(true);
  }
});

test('every schema is one that a validator understands, and every example fits it', () => {
  const {schemas} = document.components;
  expect(Object.keys(schemas).length).toBeGreaterThan(20);
  for (const [name, schema] of Object.entries(schemas)) {
    const check = z.fromJSONSchema({...schema, $defs: schemas} as never);
    for (const example of (schema as {examples?: unknown[]}).examples ?? []) {
      expect(check.safeParse(example).error, name).toBeUndefined();
    }
  }
});

test('every reference leads somewhere', () => {
  const names = [...JSON.stringify(document).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name!);
  expect(names.filter(name => !(name in document.components.schemas))).toEqual([]);
});

test('the published document is the one that is served', async () => {
  const file = join(import.meta.dirname, '../../../docs/reference/openapi.json');
  const published = JSON.parse((await readFile(file, 'utf8')).replaceAll('#/components/schemas/', '#/$defs/'));
  expect(Object.keys(published.paths).sort()).toEqual(Object.keys(document.paths).sort());
});
