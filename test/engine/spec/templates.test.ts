import {describe, expect, test} from 'vitest';
import {errorsOf, project, readProject, readStack, userErrors, web} from './reading.ts';

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
      'stack.yaml:7:22 services.web.with.password: must be a text, is ["x"] (password of the user; write ${secret:NAME})',
    ],
    [
      'with: {password: x, memory: much}',
      'stack.yaml:7:33 services.web.with.memory: must be a size such as 256Mi of 64Mi or more, is "much" (limit of memory; shared_buffers and others follow from it)',
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

const head = (name: string) => `apiVersion: niyanta/v1\nkind: Template\nname: ${name}\n`;

/** A project's template `t` with these parameters, and a service `web` that gives it these values. */
const use = (params: string, given: string, body = 'service: {image: x, env: {A: "${p}"}}') =>
  readStack(web('template: t', `with: ${given}`), {
    texts: {'/p/templates/t.yaml': `${head('t')}params: ${params}\n${body}\n`},
  });

describe('parameters', () => {
  test.each([
    ['{type: integer, min: 1, max: 9}', '3', '3'],
    ['{type: integer}', '"3"', '3'],
    ['{type: number, min: 0.5}', '0.5', '0.5'],
    ['{type: size, min: 1Mi}', '512Mi', '512Mi'],
    ['{type: duration, max: 1h}', '90s', '90s'],
    ['{type: boolean}', '"true"', 'true'],
    ['{type: string}', '1.10', '1.10'],
    ['{type: string, allowed: [a, b]}', 'b', 'b'],
  ])('%s takes %s', async (declared, given, text) => {
    expect((await use(`{p: ${declared}}`, `{p: ${given}}`)).services[0]!.env).toEqual({A: text});
  });

  test.each([
    ['{type: integer}', 'many', 'must be a whole number, is "many"'],
    ['{type: integer}', '1.5', 'must be a whole number, is 1.5'],
    [
      '{type: integer, min: 1, max: 9, description: how many}',
      '10',
      'must be a whole number from 1 to 9, is 10 (how many)',
    ],
    ['{type: size}', 'big', 'must be a size such as 256Mi, is "big"'],
    ['{type: size, min: 6Mi}', '1Mi', 'must be a size such as 256Mi of 6Mi or more, is 1Mi'],
    ['{type: duration, max: 1h}', '2h', 'must be a length of time such as 1m30s of 1h or less, is 2h'],
    ['{type: duration}', '10', 'must be a length of time such as 1m30s, is 10'],
    ['{type: boolean}', 'yes', 'must be true or false, is "yes"'],
    ['{type: list}', '3', 'must be a list of single values, is 3'],
    ['{allowed: [debug, info]}', 'inof', 'must be one of debug, info, is "inof", did you mean "info"?'],
  ])('%s refuses %s, where it was written', async (declared, given, message) => {
    const errors = await userErrors(use(`{p: ${declared}}`, `{p: ${given}}`));
    expect(errors.map(error => error.message)).toEqual([message]);
    expect(errors[0]!.location).toEqual({file: 'stack.yaml', line: 7, column: 15, path: 'services.web.with.p'});
    expect(errors[0]!.hint).toBe('niyanta template show t');
  });

  test('that are lists stand alone, or between the items of a list', async () => {
    const body = 'service: {image: x, command: [run, "${p}", end], ports: "${q}"}';
    const stack = await use('{p: {type: list, default: []}, q: {type: list, default: ["80:80"]}}', '{p: [a, b]}', body);
    expect(stack.services[0]).toMatchObject({command: ['run', 'a', 'b', 'end'], ports: [{host: 80, container: 80}]});
    const wrong = use('{p: {type: list}}', '{p: [a]}', 'service: {image: x, command: ["x${p}"]}');
    expect(await errorsOf(wrong)).toEqual([
      'templates/t.yaml:5:31 service.command.0: the parameter p is a list: it can only stand alone',
    ]);
  });

  test('may be a portion of others, in whole MiB, within their bounds', async () => {
    const params =
      '{memory: {type: size, optional: true}, p: {type: size, portion: {of: memory, factor: 0.25}, default: 100Mi, max: 1Gi}}';
    const body = 'service: {image: x, env: {A: "${mib:p}MB", B: "${p}"}}';
    const envOf = async (given: string) => (await use(params, given, body)).services[0]!.env;
    expect(await envOf('{memory: 1001Mi}')).toEqual({A: '250MB', B: '250Mi'});
    expect(await envOf('{memory: 64Gi}')).toEqual({A: '1024MB', B: '1Gi'});
    expect(await envOf('{}')).toEqual({A: '100MB', B: '100Mi'});
    expect(await envOf('{memory: 1Gi, p: 5Mi}')).toEqual({A: '5MB', B: '5Mi'});
  });

  test('with a default of the wrong type are told in the template', async () => {
    expect(await errorsOf(use('{p: {type: integer, default: x}}', '{}'))).toEqual([
      'templates/t.yaml:4:38 services.web.with.p: must be a whole number, is "x"',
    ]);
  });
});

describe('templates of several services', () => {
  const template = `${head('pair')}params:
  copy: {type: boolean, default: false}
  note: {type: string, optional: true}
services:
  "\${service}": {image: x, volumes: ["\${service}-data:/d"]}
  "\${service}-copy":
    when: \${copy}
    image: x
    needs: ["\${service}"]
    env: {NOTE: "\${note:-none}"}
    volumes: ["\${service}-copy:/d"]
    health: {when: "\${note}", tcp: {port: 80}}
volumes: {"\${service}-data": {}, "\${service}-copy": {}}
`;
  const texts = {'/p/templates/pair.yaml': template};
  const read = (...lines: string[]) => readStack(web('template: pair', ...lines), {texts});

  test('make those whose `when` holds, with the volumes that they mount', async () => {
    const one = await read();
    expect(one.services.map(service => service.name)).toEqual(['web']);
    expect(one.volumes.map(volume => volume.name)).toEqual(['web-data']);
    const two = await read('with: {copy: true}');
    expect(two.services.map(service => service.name)).toEqual(['web', 'web-copy']);
    expect(two.services[1]).toMatchObject({needs: ['web'], env: {NOTE: 'none'}});
    expect(two.services[1]!.health).toBeUndefined();
    expect(two.volumes.map(volume => volume.name)).toEqual(['web-data', 'web-copy']);
    const {health} = (await read('with: {copy: true, note: hi}')).services[1]!;
    expect(health?.check).toEqual({kind: 'tcp', port: 80});
  });

  test('let the stack say details of those beside, but not make another service of them', async () => {
    const beside = (line: string) => `${web('template: pair', 'with: {copy: true}')}\n  web-copy: ${line}\n`;
    const stack = await readStack(beside('{resources: {memory: 64Mi}, env: {NOTE: own}}'), {texts});
    expect(stack.services[1]).toMatchObject({name: 'web-copy', resources: {memory: 2 ** 26}, env: {NOTE: 'own'}});
    expect(await errorsOf(readStack(beside('{image: other}'), {texts}))).toEqual([
      'stack.yaml:8:21 services.web-copy.image: makes this another service than the one of this name that the template pair of web makes',
    ]);
  });

  test.each([
    [
      'service: {image: x}\nservices: {"${service}": {image: x}}',
      'services: cannot stand beside service: write all of them under services',
    ],
    ['description: nothing', 'service: is required and missing'],
    [
      'services: {other: {image: x}}',
      'services.other: must be ${service}, or ${service}- and a word: other services of a stack could have its name',
    ],
  ])('%s', async (body, message) => {
    expect((await errorsOf(use('{}', '{}', body)))[0]).toContain(message);
  });
});

describe('templates of repositories', () => {
  const read = (template: string) => {
    const texts = {'/cache/templates/web.yaml': `${head('web')}service: {image: theirs}\n`};
    return readStack(web(`template: ${template}`), {texts, repositories: {acme: '/cache/templates'}});
  };

  test('are used by their repository and name', async () => {
    expect((await read('acme/web')).services[0]!.image).toMatchObject({reference: 'docker.io/library/theirs:latest'});
  });

  test.each([
    ['acme/wbe', 'stack.yaml:6:15 services.web.template: there is no template "acme/wbe", did you mean "web"?'],
    [
      'amce/web',
      'stack.yaml:6:15 services.web.template: there is no repository "amce" of templates, did you mean "acme"?',
    ],
    [
      '../web',
      'stack.yaml:6:15 services.web.template: is not a name of a template: write NAME, or REPOSITORY/NAME with a repository of niyanta.yaml',
    ],
  ])('%s', async (template, error) => {
    expect(await errorsOf(read(template))).toEqual([error]);
  });

  test.each([
    [
      'commit: main',
      'is not a whole commit, which a branch or a tag would move away from: git ls-remote https://x/y main prints it',
    ],
    [`commit: ${'a'.repeat(40)}, path: ../x`, 'must be a folder in the repository'],
    [
      `commit: ${'a'.repeat(40)}, git: "ext::sh -c x"`,
      'is not the address of a git repository: https://…, ssh://…, user@host:path or file:///path',
    ],
  ])('in niyanta.yaml: %s', async (line, message) => {
    const git = line.includes('git:') ? '' : 'git: https://x/y, ';
    const errors = await userErrors(readProject(project(`templates: {acme: {${git}${line}}}`)));
    expect(errors.map(error => error.message)).toEqual([message]);
  });
});
