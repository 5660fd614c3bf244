import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {initProject} from '../../src/engine/init-project.ts';
import {openProject, openProjectOnly} from '../../src/engine/open-project.ts';
import {showConfig} from '../../src/engine/show-config.ts';
import {validateStack} from '../../src/engine/validate-stack.ts';
import {errorsOf, project, userErrors, web} from './spec/reading.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'niyanta-open-')));
});
afterEach(() => rm(directory, {recursive: true}));

const write = async (texts: Record<string, string | Uint8Array>) => {
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(directory, name)), {recursive: true});
    await writeFile(join(directory, name), text);
  }
};
const at = (more: object = {}) => ({cwd: directory, env: {HOME: '/home/me'}, ...more});

describe('the project is found', () => {
  test('from the working directory upwards, by folder and by file', async () => {
    await write({'niyanta.yaml': project('hosts: {h1: {address: a}}'), 'deep/er/x': ''});
    const file = join(directory, 'niyanta.yaml');
    expect((await openProjectOnly(at({cwd: join(directory, 'deep/er')}))).project.file).toBe(file);
    expect((await openProjectOnly(at({cwd: '/', project: directory}))).project.file).toBe(file);
    expect((await openProjectOnly(at({cwd: '/', project: file}))).hosts.map(host => host.name)).toEqual(['h1']);
  });

  test('or its absence is told', async () => {
    expect(await errorsOf(openProjectOnly(at()))).toEqual([`there is no niyanta.yaml in ${directory} or above it`]);
    expect(await errorsOf(openProjectOnly(at({project: 'nowhere'})))).toEqual(['there is no nowhere']);
  });

  test.each([
    ['empty', '', 'niyanta.yaml:1:1: is empty'],
    ['binary', new Uint8Array([0, 1]), 'niyanta.yaml:1:1: is a binary file, not YAML'],
    ['a stack', web('image: x'), 'niyanta.yaml:2:7 kind: is Stack, but here a Project is read'],
    ['of 10 MB', 'a'.repeat(10 * 1024 * 1024), 'niyanta.yaml:1:1: is 10.0 MiB large; at most 1 MiB is read'],
  ])('%s is refused', async (_, text, error) => {
    await write({'niyanta.yaml': text});
    expect(await errorsOf(openProjectOnly(at()))).toEqual([error]);
  });

  test('a lab that is not there is named with how to make it', async () => {
    await write({'niyanta.yaml': project('lab: no-such-lab-here')});
    const [error] = await userErrors(openProjectOnly(at()));
    expect(error).toMatchObject({code: 'lab-not-found', hint: 'niyanta lab up --name no-such-lab-here'});
    await write({'stack.yaml': web('image: x')});
    expect(await validateStack(at())).toMatchObject({lab: 'no-such-lab-here', hosts: 0});
  });
});

describe('the stack is read', () => {
  beforeEach(() => write({'niyanta.yaml': project('hosts: {h1: {address: a}}')}));

  test('from stack.yaml beside niyanta.yaml, its paths relative to it', async () => {
    await write({'stack.yaml': web('build: ./web'), 'deep/x': ''});
    const {stack, environment, stackFiles} = await openProject(at({cwd: join(directory, 'deep')}));
    expect(stack.services[0]!.image).toMatchObject({kind: 'build', context: join(directory, 'web')});
    expect({environment, stackFiles}).toEqual({environment: 'default', stackFiles: [join(directory, 'stack.yaml')]});
  });

  test('from several files and standard input, later ones winning', async () => {
    await write({'a.yaml': web('image: x')});
    const stdin = async () => web('replicas: 4');
    const {stack} = await openProject(at({files: ['a.yaml', '-'], stdin}));
    expect(stack.services[0]).toMatchObject({replicas: 4, image: {reference: 'docker.io/library/x:latest'}});
    expect(await errorsOf(openProject(at({files: ['-'], stdin: async () => web('replicas: x', 'image: x')})))).toEqual([
      '<stdin>:6:15 services.web.replicas: must be a number, is the text "x"',
    ]);
    expect(await errorsOf(openProject(at({files: ['-', '-'], stdin})))).toEqual([
      '-f - is given twice; standard input can be read once',
    ]);
  });

  test('or what is in the way is told', async () => {
    expect(await errorsOf(openProject(at()))).toEqual(['stack.yaml: there is no such file']);
    await mkdir(join(directory, 'folder'));
    expect(await errorsOf(openProject(at({files: ['folder']})))).toEqual(['folder: is a folder, not a file']);
  });

  test('with the template that comes with niyanta', async () => {
    await write({'stack.yaml': web('template: postgres', 'with: {password: "${secret:p}"}')});
    expect((await openProject(at())).stack.volumes).toEqual([{name: 'web-data'}]);
  });

  test('validate checks every environment and tells each error once', async () => {
    await write({
      'stack.yaml': `${web('image: x', 'replicas: no')}\nenvironments: {a: {}, b: {services: {web: {restart: no}}}}\n`,
    });
    expect(await errorsOf(validateStack(at()))).toEqual([
      'stack.yaml:7:15 services.web.replicas: must be a number, is the text "no"',
      'stack.yaml:8:53 services.web.restart: must be one of always, on-failure, never, is the text "no"',
    ]);
    expect(await errorsOf(validateStack(at({environment: 'a'})))).toHaveLength(1);
  });

  test('config show says where each setting comes from', async () => {
    const settings = await showConfig(at({env: {NIYANTA_ENV: 'staging'}}), [
      {name: 'env', flag: 'staging', variable: 'NIYANTA_ENV', fallback: 'default'},
      {name: 'file', flag: 'b.yaml', variable: 'NIYANTA_FILE', fallback: 'stack.yaml'},
    ]);
    const origins = Object.fromEntries(settings.map(({name, origin}) => [name, origin]));
    expect(origins).toMatchObject({
      env: 'NIYANTA_ENV',
      file: 'flag --file',
      name: 'niyanta.yaml:3:7',
      runtime: 'default',
      'hosts.h1': 'niyanta.yaml:4:13',
    });
  });
});

describe('init', () => {
  test('writes files that validate, and never over others', async () => {
    const starter = {name: 'shop', hosts: [{name: 'h1', address: '10.0.0.1'}], template: 'postgres'};
    await initProject(directory, starter, false);
    expect(await validateStack(at())).toMatchObject({services: ['web', 'postgres'], hosts: 1});
    await write({'stack.yaml': '# mine'});
    const [error] = await userErrors(initProject(directory, starter, false));
    expect(error?.code).toBe('exists');
    await initProject(directory, starter, true);
    expect(await validateStack(at())).toMatchObject({stack: 'shop'});
  });

  test.each([
    [{name: 'My Shop', hosts: []}, 'invalid-name'],
    [{name: 'shop', hosts: [{name: 'a/b', address: 'x'}]}, 'invalid-name'],
    [{name: 'shop', hosts: [], template: 'postgrse'}, 'unknown-template'],
  ])('refuses %j and writes nothing', async (starter, code) => {
    expect((await userErrors(initProject(directory, starter, false)))[0]?.code).toBe(code);
    expect((await userErrors(openProjectOnly(at())))[0]?.code).toBe('project-not-found');
  });
});
