import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {niyanta as run} from './run-niyanta.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'niyanta-github-'));
  folder = join(root, 'deploy');
  await mkdir(folder);
  await writeFile(
    join(folder, 'niyanta.yaml'),
    'apiVersion: niyanta/v1\nkind: Project\nname: shop\nhosts: {me: {local: true}}\n',
  );
  await writeFile(join(folder, 'stack.yaml'), stack('replica: 2\n    imagee: x'));
});
afterEach(() => rm(root, {recursive: true}));

const stack = (keys: string) =>
  `apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:\n  web:\n    image: busybox\n    ${keys}\n`;
const niyanta = (args: readonly string[], env: Record<string, string> = {}) => run(['-C', folder, ...args], env);
const github = {GITHUB_ACTIONS: 'true'};
const commandsIn = (text: string): string[] => text.split('\n').filter(line => line.startsWith('::'));
const told = [
  '::error file=deploy/stack.yaml,line=7,col=5,title=unknown-key::services.web.replica: unknown key, did you mean "replicas"?',
  '::error file=deploy/stack.yaml,line=8,col=5,title=unknown-key::services.web.imagee: unknown key, did you mean "image"?',
];

describe('where errors of files become annotations', {timeout: 60_000}, () => {
  test.each([
    ['asked for', ['validate', '--format', 'github'], {}, true],
    ['asked for in one word', ['validate', '--format=github'], {}, true],
    ['under GitHub Actions, by itself', ['validate'], github, true],
    ['under GitHub Actions, by a command without --format', ['diff'], github, true],
    ['under GitHub Actions, beside Markdown', ['plan', '--format', 'markdown'], github, true],
    ['not without either', ['validate'], {}, false],
    ['not when text is asked for', ['validate', '--format', 'text'], github, false],
    ['not when JSON is', ['validate', '--json'], github, false],
  ])('%s', async (_, words, env, annotated) => {
    const {code, stdout, stderr} = await niyanta(words, {GITHUB_WORKSPACE: root, ...env});
    expect(code).toBe(64);
    expect(commandsIn(stderr)).toEqual(annotated ? told : []);
    expect(commandsIn(stdout)).toEqual([]);
  });

  test('paths start from the repository, with and without GITHUB_WORKSPACE; what is outside says where it is', async () => {
    await mkdir(join(root, '.git'));
    expect(commandsIn((await niyanta(['validate', '--format', 'github'])).stderr)).toEqual(told);
    const elsewhere = await niyanta(['validate', '--format', 'github'], {GITHUB_WORKSPACE: join(root, 'other')});
    expect(commandsIn(elsewhere.stderr)[0]).toMatch(
      /^::error title=unknown-key::stack\.yaml:7:5 services\.web\.replica/,
    );
  });
});

describe('--format', {timeout: 60_000}, () => {
  test('json is --json, and only one of the two can be given', async () => {
    const [format, flag, both] = await Promise.all([
      niyanta(['validate', '--format', 'json']),
      niyanta(['validate', '--json']),
      niyanta(['validate', '--json', '--format', 'github']),
    ]);
    expect(format).toEqual(flag);
    expect(JSON.parse(format.stdout)).toMatchObject({errors: [{code: 'unknown-key'}, {}], exitCode: 64});
    expect(both.code).toBe(64);
    expect(both.stdout).toContain('--format');
  });

  test('that a command does not know is wrong usage', async () => {
    const {code, stderr} = await niyanta(['apply', '--format', 'markdown']);
    expect(code).toBe(64);
    expect(stderr).toContain('--format');
  });
});

test('what a file says is no command to GitHub, on either stream', {timeout: 60_000}, async () => {
  await writeFile(join(folder, 'stack.yaml'), stack('"::add-mask::x ##[set-env name=a]b": 1'));
  const {code, stdout, stderr} = await niyanta(['validate'], {...github, GITHUB_WORKSPACE: root});
  expect(code).toBe(64);
  expect(commandsIn(stderr)).toHaveLength(1);
  const lines = `${stdout}${stderr}`.split('\n').filter(line => !line.startsWith('::error '));
  expect(lines.filter(line => /^\s*::|##\[/.test(line))).toEqual([]);
  expect(stderr).toContain('#\\x23[set-env');
  const json = await niyanta(['validate', '--json'], github);
  expect(json.stdout).not.toContain('##[');
  expect(JSON.parse(json.stdout).error.message + JSON.stringify(JSON.parse(json.stdout))).toContain('##[set-env');
});

test('a summary that cannot be written changes nothing', {timeout: 60_000}, async () => {
  const {code, stderr} = await niyanta(['apply', '--yes'], {...github, GITHUB_OUTPUT: join(root, 'no/such/file')});
  expect(code).toBe(64);
  expect(stderr).toContain('no/such/file could not be written');
});

describe('--report', {timeout: 60_000}, () => {
  const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

  test.each([
    ['a file that is wrong', ['apply', '--yes'], 64, 'unknown-key'],
    ['nothing to go back to', ['rollback', '--yes'], 1, 'nothing-to-roll-back'],
  ])('is written for %s', async (_, words, exit, code) => {
    const file = join(root, 'report.json');
    expect((await niyanta([...words, '--report', file])).code).toBe(exit);
    expect(await read(file)).toMatchObject({
      version: 1,
      action: words[0],
      outcome: 'not-begun',
      exitCode: exit,
      error: {code},
    });
  });

  test('is asked for by NIYANTA_REPORT as well, from the folder that -C names', async () => {
    await niyanta(['apply', '--yes'], {NIYANTA_REPORT: 'report.json'});
    expect(await read(join(folder, 'report.json'))).toMatchObject({outcome: 'not-begun'});
  });

  test('outputs of the step say how it ended, too', async () => {
    const file = join(root, 'output');
    await writeFile(file, '');
    await niyanta(['apply', '--yes'], {...github, GITHUB_OUTPUT: file});
    expect(await readFile(file, 'utf8')).toMatch(/^outcome<<(.+)\nnot-begun\n\1\nexit-code<<(.+)\n64\n\2\n$/);
  });
});
