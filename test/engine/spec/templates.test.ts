import {describe, expect, test} from 'vitest';
import {errorsOf, readStack, web} from './reading.ts';

const db = (...lines: string[]) => web('template: postgres', ...lines);
const password = 'with: {password: "${secret:db}"}';

describe('template: postgres', () => {
  test('makes a service with a health check and a volume of its own', async () => {
    const stack = await readStack(db('with: {version: 15, password: "${secret:db}", user: shop, database: shop}'));
    expect(stack.volumes).toEqual([{name: 'web-data'}]);
    expect(stack.services[0]).toMatchObject({
      image: {kind: 'reference', reference: 'docker.io/library/postgres:15'},
      env: {POSTGRES_USER: 'shop', POSTGRES_DB: 'shop', POSTGRES_PASSWORD: '${secret:db}'},
      volumes: [{volume: 'web-data', target: '/var/lib/postgresql/data'}],
      health: {check: {kind: 'exec'}},
      stop: {signal: 'SIGINT', graceMs: 60_000},
      update: {strategy: 'recreate'},
      resources: {},
    });
  });

  test('keys beside it win, maps merged', async () => {
    const stack = await readStack(db(password, 'env: {PGDATA: /x, A: "1"}', 'stop: {grace: 5s}', 'image: my/pg'));
    expect(stack.services[0]).toMatchObject({
      image: {reference: 'docker.io/my/pg:latest'},
      env: {PGDATA: '/x', A: '1', POSTGRES_USER: 'app'},
      stop: {signal: 'SIGINT', graceMs: 5000},
    });
  });

  test.each([
    ['with: {password: x, build: ./db}', {kind: 'build', context: '/p/db', file: '/p/db/Dockerfile', args: {}}],
    ['with: {password: x, archive: ./db.tar}', {kind: 'archive', path: '/p/db.tar'}],
    ['with: {password: x, image: pg}', {kind: 'reference', reference: 'docker.io/library/pg:latest'}],
  ])('%s', async (line, image) => {
    expect((await readStack(db(line))).services[0]!.image).toEqual(image);
  });

  test.each([
    [
      'with: {}',
      'stack.yaml:7:5 services.web.with.password: the template postgres needs this parameter (password of the user; write ${secret:NAME})',
    ],
    [
      'replicas: 1',
      'stack.yaml:6:5 services.web.with.password: the template postgres needs this parameter (password of the user; write ${secret:NAME})',
    ],
    [
      'with: {password: x, verison: "15"}',
      'stack.yaml:7:25 services.web.with.verison: the template postgres has no such parameter, did you mean "version"?',
    ],
    [
      'with: {password: [x]}',
      'stack.yaml:7:22 services.web.with.password: must be a text or a number or true or false, is a list',
    ],
    [
      'with: {password: x, memory: much}',
      'stack.yaml:7:33 services.web.resources.memory: is not a size: write a number and a unit (Ki, Mi, Gi, k, M, G), for example 256Mi',
    ],
  ])('%s', async (line, error) => {
    expect(await errorsOf(readStack(db(line)))).toEqual([error]);
  });
});

describe('templates of the project', () => {
  const template = `apiVersion: niyanta/v1
kind: Template
name: cache
params:
  size: {type: number, default: 1, allowed: [1, 2]}
service: {image: cache, replicas: "\${size}", colour: red}
`;

  test('win over those that come with niyanta, and errors point into them', async () => {
    const texts = {'/p/templates/cache.yaml': template};
    expect(await errorsOf(readStack(web('template: cache', 'with: {size: 2}'), {texts}))).toEqual([
      'templates/cache.yaml:6:46 services.web.colour: unknown key',
    ]);
  });

  test('check the values of their parameters', async () => {
    const texts = {'/p/templates/cache.yaml': template.replace(', colour: red', '')};
    expect(await errorsOf(readStack(web('template: cache', 'with: {size: 3}'), {texts}))).toEqual([
      'stack.yaml:7:18 services.web.with.size: must be one of 1, 2, is 3',
    ]);
    expect(await errorsOf(readStack(web('template: cache', 'with: {size: big}'), {texts}))).toEqual([
      'stack.yaml:7:18 services.web.with.size: must be a number, is "big"',
    ]);
  });

  test('that are no templates are refused', async () => {
    const texts = {'/p/templates/cache.yaml': 'apiVersion: niyanta/v1\nkind: Stack\nname: x\n'};
    expect(await errorsOf(readStack(web('template: cache'), {texts}))).toEqual([
      'templates/cache.yaml:2:7 kind: is Stack, but here a Template is read',
    ]);
  });
});
