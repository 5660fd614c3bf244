import {describe, expect, test} from 'vitest';
import {errorsOf, readStack} from './reading.ts';

describe('the head', () => {
  const head = (...lines: string[]) => lines.join('\n');
  test.each([
    [
      'no kind',
      head('apiVersion: niyanta/v1', 'name: a'),
      'stack.yaml:1:1 kind: is required and missing: write kind: Stack',
    ],
    [
      'no apiVersion',
      head('kind: Stack', 'name: a'),
      'stack.yaml:1:1 apiVersion: is required and missing: write niyanta/v1',
    ],
    ['no name', head('apiVersion: niyanta/v1', 'kind: Stack'), 'stack.yaml:1:1 name: is required and missing'],
    [
      'another version',
      head('apiVersion: niyanta/v2', 'kind: Stack', 'name: a'),
      'stack.yaml:1:13 apiVersion: must be niyanta/v1',
    ],
    [
      'mistyped kind',
      head('apiVersion: niyanta/v1', 'kind: Stak', 'name: a'),
      'stack.yaml:2:7 kind: must be Stack, did you mean "Stack"?',
    ],
    [
      'a project',
      head('apiVersion: niyanta/v1', 'kind: Project', 'name: a'),
      'stack.yaml:2:7 kind: is Project, but here a Stack is read',
    ],
    [
      'a bad name',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: My Shop'),
      'stack.yaml:3:7 name: is not a name for a stack: lower-case letters, digits and dashes, a letter first, no dash at the end',
    ],
    [
      'a long name',
      head('apiVersion: niyanta/v1', 'kind: Stack', `name: ${'a'.repeat(64)}`),
      'stack.yaml:3:7 name: a name of a stack has at most 63 characters',
    ],
    [
      'unknown key',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: a', 'service: {}'),
      'stack.yaml:4:1 service: unknown key, did you mean "services"?',
    ],
    [
      'a list of services',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: a', 'services: [web]'),
      'stack.yaml:4:11 services: must be a map, is a list',
    ],
    [
      'a bad service name',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: a', 'services: {Web: {image: x}}'),
      'stack.yaml:4:12 services.Web: is not a name for a service: lower-case letters, digits and dashes, a letter first, no dash at the end',
    ],
    [
      'a bad volume name',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: a', 'volumes: {a/b: {}}'),
      'stack.yaml:4:11 volumes.a/b: is not a name for a volume: lower-case letters, digits and dashes, a letter first, no dash at the end',
    ],
    [
      'a volume with keys',
      head('apiVersion: niyanta/v1', 'kind: Stack', 'name: a', 'volumes: {a: {size: 1}}'),
      'stack.yaml:4:15 volumes.a.size: unknown key',
    ],
    ['a list', '- a', 'stack.yaml:1:1: must be a map with apiVersion and kind, is a list'],
  ])('%s', async (_, text, error) => {
    expect(await errorsOf(readStack(text))).toEqual([error]);
  });

  test('without a kind, the rest is checked all the same', async () => {
    const text = head('apiVersion: niyanta/v1', 'name: a', 'services: {web: {image: x, replicaz: 2}}');
    expect(await errorsOf(readStack(text))).toEqual([
      'stack.yaml:1:1 kind: is required and missing: write kind: Stack',
      'stack.yaml:3:28 services.web.replicaz: unknown key, did you mean "replicas"?',
    ]);
  });
});
