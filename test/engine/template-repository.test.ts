import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {listTemplates} from '../../src/engine/list-templates.ts';
import {openProject, projectIfAny} from '../../src/engine/open-project.ts';
import {templateRepository} from '../../src/engine/template-repository.ts';

const run = promisify(execFile);
const template = (image: string) =>
  `apiVersion: niyanta/v1\nkind: Template\nname: web\ndescription: of acme\nservice: {image: ${image}}\n`;

let place: string;
let origin: string;
let first: string;
let env: Record<string, string | undefined>;

const git = async (...args: string[]) => (await run('git', args, {cwd: origin})).stdout.trim();
const commit = async (image: string) => {
  await writeFile(join(origin, 'stacks/web.yaml'), template(image));
  await git('add', '.');
  await git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', image);
  return git('rev-parse', 'HEAD');
};
const repository = (id: string) => ({git: `file://${origin}`, commit: id, path: 'stacks'});

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'niyanta-templates-'));
  origin = join(place, 'origin');
  await mkdir(join(origin, 'stacks'), {recursive: true});
  await git('init', '-q', '-b', 'main');
  await symlink('/etc/hostname', join(origin, 'stacks/leak.yaml'));
  first = await commit('one');
  await commit('two');
});
afterAll(() => rm(place, {recursive: true, force: true}));
beforeEach(async () => {
  env = {PATH: process.env.PATH, HOME: place, XDG_CACHE_HOME: await mkdtemp(join(place, 'cache-'))};
});

describe('a repository of templates', () => {
  test('is used at its commit, whatever came after', async () => {
    const folder = await templateRepository('acme', repository(first), env);
    expect(await readFile(join(folder, 'web.yaml'), 'utf8')).toBe(template('one'));
  });

  test('is not asked again once it is here', async () => {
    const folder = await templateRepository('acme', repository(first), env);
    await rename(origin, `${origin}.gone`);
    try {
      expect(await templateRepository('acme', repository(first), env)).toBe(folder);
    } finally {
      await rename(`${origin}.gone`, origin);
    }
  });

  test('is fetched again when its files in the cache were changed', async () => {
    const folder = await templateRepository('acme', repository(first), env);
    await writeFile(join(folder, 'web.yaml'), template('changed'));
    await writeFile(join(folder, 'more.yaml'), template('added'));
    expect(await templateRepository('acme', repository(first), env)).toBe(folder);
    expect(await readFile(join(folder, 'web.yaml'), 'utf8')).toBe(template('one'));
    await expect(readFile(join(folder, 'more.yaml'))).rejects.toThrow('ENOENT');
  });

  test('leads out of itself by no link', async () => {
    const folder = await templateRepository('acme', repository(first), env);
    expect(await readFile(join(folder, 'leak.yaml'), 'utf8')).toBe('/etc/hostname');
  });

  test('fetched by several at once is there once', async () => {
    const folders = await Promise.all([1, 2, 3].map(() => templateRepository('acme', repository(first), env)));
    expect(new Set(folders).size).toBe(1);
    expect(await readFile(join(folders[0]!, 'web.yaml'), 'utf8')).toBe(template('one'));
  });

  test.each([
    ['a commit that it does not have', () => repository('a'.repeat(40)), 'template-repository'],
    ['a folder that it does not have', () => ({...repository(first), path: 'else'}), 'template-repository-path'],
    [
      'a place where there is none',
      () => ({...repository(first), git: `file://${place}/nowhere`}),
      'template-repository',
    ],
  ])('with %s is an error', async (_, wrong, code) => {
    await expect(templateRepository('acme', wrong(), env)).rejects.toMatchObject({code});
  });
});

test('the project names it, stacks use it, the list tells it and what is shadowed', async () => {
  const cwd = await mkdtemp(join(place, 'project-'));
  await mkdir(join(cwd, 'templates'));
  await writeFile(join(cwd, 'templates/postgres.yaml'), template('own').replace('name: web', 'name: postgres'));
  const head = 'apiVersion: niyanta/v1\nkind: Project\nname: p\n';
  await writeFile(
    join(cwd, 'niyanta.yaml'),
    `${head}templates: {acme: {git: "file://${origin}", commit: ${first}, path: stacks}}\n`,
  );
  await writeFile(
    join(cwd, 'stack.yaml'),
    'apiVersion: niyanta/v1\nkind: Stack\nname: p\nservices: {a: {template: acme/web}, db: {template: postgres}}\n',
  );
  const {stack} = await openProject({cwd, env});
  expect(stack.services.map(({image}) => image)).toEqual([
    {kind: 'reference', reference: 'docker.io/library/one:latest'},
    {kind: 'reference', reference: 'docker.io/library/own:latest'},
  ]);
  const rows = await listTemplates(await projectIfAny({cwd, env}), {cwd, env});
  const row = (from: string, name: string) => rows.find(each => each.from.startsWith(from) && each.template === name);
  expect(row('project', 'postgres')).toMatchObject({shadowed: false, description: 'of acme'});
  expect(row('built-in', 'postgres')).toMatchObject({shadowed: true});
  expect(row('file://', 'acme/web')).toMatchObject({description: 'of acme', shadowed: false});
});
