import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {explainField, fieldReference} from '../../../src/engine/spec/explain.ts';
import {formatReference, parseReference} from '../../../src/engine/spec/image-reference.ts';
import {jsonSchema, schemaKinds} from '../../../src/engine/spec/json-schema.ts';
import {starterProject, starterStack, withIgnored} from '../../../src/engine/spec/starter-files.ts';
import {readProject, readStack} from './reading.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('image references in full', () => {
  test.each([
    ['postgres', 'docker.io/library/postgres:latest'],
    ['postgres:15', 'docker.io/library/postgres:15'],
    ['shop/backend:1.4', 'docker.io/shop/backend:1.4'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry.example/a/b/c', 'registry.example/a/b/c:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
    [`r.example:5000/a:1@${digest}`, `r.example:5000/a:1@${digest}`],
  ])('%s', (written, full) => {
    const parsed = parseReference(written);
    expect('wrong' in parsed ? parsed.wrong : formatReference(parsed)).toBe(full);
  });

  test.each([
    '',
    ':1',
    'a b',
    'a//b',
    '/a',
    'a/',
    '-a',
    'a:',
    'a@b',
    'a@@b',
    'A',
    'a:-x',
    `a:${'x'.repeat(129)}`,
    'a;rm -rf',
    '$(x)',
  ])('%j is none', written => expect(parseReference(written)).toHaveProperty('wrong'));
});

describe('explain', () => {
  test('says type, default, allowed values and what is below', () => {
    expect(explainField('services.backend.restart')).toMatchObject({
      kind: 'stack',
      path: 'services.*.restart',
      type: 'choice',
      default: 'always',
      allowed: ['always', 'on-failure', 'never'],
      required: false,
    });
    const children = explainField('services.backend.update').children.map(child => child.name);
    expect(children).toEqual([
      'strategy',
      'maxSurge',
      'maxUnavailable',
      'backup',
      'drain',
      'promote',
      'steps',
      'judge',
    ]);
  });

  test('finds fields of projects and templates, and lets names be left out', () => {
    expect(explainField('hosts.h1.hostKey').kind).toBe('project');
    expect(explainField('template.params.x.default').kind).toBe('template');
    expect(explainField('services.health.http.port')).toMatchObject({
      path: 'services.*.health.http.port',
      required: true,
    });
  });

  test.each([
    ['services.web.replica', 'there is no field services.web.replica, did you mean "services.web.replicas"?'],
    ['servces', 'there is no field servces, did you mean "services"?'],
    ['hosts.h1.adress', 'there is no field hosts.h1.adress, did you mean "hosts.h1.address"?'],
  ])('%s', (path, message) => expect(() => explainField(path)).toThrow(message));

  test('every field says what it is for', () => {
    for (const kind of schemaKinds) {
      for (const field of fieldReference(kind)) {
        const entry = field.path.endsWith('*') || field.path.endsWith('[]');
        expect(entry || field.description !== '', `${kind} ${field.path}`).toBe(true);
      }
    }
  });
});

test.each(schemaKinds)('the JSON Schema of a %s describes what is written, not what becomes of it', kind => {
  const text = JSON.stringify(jsonSchema(kind));
  expect(text).toContain('"additionalProperties":false');
  expect(text).not.toMatch(/graceMs|intervalMs|connectTimeoutMs/);
});

describe('the files that init writes', () => {
  test.each([
    {name: 'shop', hosts: []},
    {name: 'shop', hosts: [{name: 'h1', address: '10.0.0.1'}], template: 'postgres'},
    {name: 'shop', hosts: [{name: 'h1', address: 'fe80::1'}], lab: 'default'},
  ])('are right: %j', async starter => {
    const project = await readProject(starterProject(starter));
    expect(project.hosts.map(({name, address}) => ({name, address}))).toEqual(starter.hosts);
    const use = starter.template ? ['  postgres: {template: postgres, with: {password: x}}'] : [];
    const stack = await readStack(starterStack(starter, use));
    expect(stack.services.map(service => service.name)).toEqual(starter.template ? ['web', 'postgres'] : ['web']);
    expect((await readStack(starterStack(starter, use), {environment: 'staging'})).name).toBe('shop');
    expect(parse(starterStack(starter, use))).toBeTypeOf('object');
  });

  test('keep .niyanta out of git, once', () => {
    expect(withIgnored('')).toBe('.niyanta/\n');
    expect(withIgnored('dist')).toBe('dist\n.niyanta/\n');
    expect(withIgnored('/.niyanta\n')).toBe('/.niyanta\n');
  });
});
