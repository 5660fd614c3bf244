import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {operationOf} from '../../../src/engine/grpc/methods/operations.ts';
import {service} from './client.ts';

const root = join(import.meta.dirname, '../../..');
interface Operation {
  readonly operationId: string;
}
const document: {readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>} = JSON.parse(
  readFileSync(join(root, 'docs/reference/openapi.json'), 'utf8'),
);
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, {operationId}]) =>
    operationId ? [{operationId, route: `${method.toUpperCase()} ${path}`}] : [],
  ),
);

/** What REST alone has, and why. docs/GRPC.md says the same. */
const restAlone: Readonly<Record<string, string>> = {
  getLogin: 'people log in from a terminal, before they have anything to call with',
  readMetrics: 'Prometheus reads over HTTP',
  health: 'grpc.health.v1.Health says it',
  ready: 'grpc.health.v1.Health says it',
};

test('every operation of REST has its call, or is an exception with a reason', () => {
  const calls = new Set(Object.keys(service).map(operationOf));
  const without = operations.filter(({operationId}) => !calls.has(operationId)).map(({operationId}) => operationId);
  expect(without.toSorted()).toEqual(Object.keys(restAlone).toSorted());
  expect(operations.length).toBeGreaterThan(60);
});

test('every call is an operation of REST', () => {
  const known = new Set(operations.map(({operationId}) => operationId));
  expect(Object.keys(service).filter(method => !known.has(operationOf(method)))).toEqual([]);
});

test('the exceptions are told', () => {
  const told = readFileSync(join(root, 'docs/GRPC.md'), 'utf8');
  for (const {operationId, route} of operations) {
    if (operationId in restAlone) expect(told).toContain(`\`${route.split(' ')[1]}\``);
  }
});
