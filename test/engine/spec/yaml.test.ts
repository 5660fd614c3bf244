import {describe, expect, test} from 'vitest';
import {errorsOf, readStack, userErrors, web} from './reading.ts';

/** Nine levels of nine aliases: 387 million values. */
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
].join('\n');

describe('files that are no good are refused with a reason', () => {
  test.each([
    ['empty', '', 'stack.yaml:1:1: is empty'],
    ['comments only', '# nothing\n', 'stack.yaml:1:1: is empty'],
    ['binary', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]), 'stack.yaml:1:1: is a binary file, not YAML'],
    ['not UTF-8', new Uint8Array([0x6e, 0xe9, 0x0a]), 'stack.yaml:1:1: is not UTF-8 text'],
    ['10 MB', 'a'.repeat(10 * 1024 * 1024), 'stack.yaml:1:1: is 10.0 MiB large; at most 1 MiB is read'],
    ['a bomb of aliases', bomb, 'stack.yaml:1:29 f.0.2.0.5.4.7: grows to more than 100000 values'],
    ['an alias in itself', 'a: &a [*a]', 'stack.yaml:1:8 a.0: *a contains itself'],
    ['an unknown alias', 'a: *b', 'stack.yaml:1:4 a: there is no anchor &b before *b'],
    ['a tab', 'a:\n\tb: 1', 'stack.yaml:2:1: YAML does not allow tabs as indentation'],
    ['a tag', 'a: !run x', 'stack.yaml:1:4: YAML tags (!name) are not supported here'],
    ['__proto__', '__proto__: {}', 'stack.yaml:1:1: "__proto__" cannot be a key'],
    ['a map as key', '{a: b}: c', 'stack.yaml:1:1: a key must be plain text'],
    ['a merge of a text', 'a: {<<: x}', 'stack.yaml:1:9 a.<<: merges something that is not a map'],
  ])('%s', async (_, text, error) => {
    expect((await errorsOf(readStack(text)))[0]).toBe(error);
  });

  test('nesting thousands deep', async () => {
    const errors = await userErrors(readStack(`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`));
    expect(errors.map(error => error.code)).toEqual(['yaml-too-deep']);
  });

  test('nesting a hundred deep', async () => {
    const errors = await userErrors(readStack(`a: ${'['.repeat(100)}${']'.repeat(100)}`));
    expect(errors[0]?.message).toBe('is nested too deeply');
  });

  test('every syntax error of a file is told', async () => {
    const errors = await errorsOf(readStack('a: "x" y\nb: [1]]\n'));
    expect(errors.length).toBeGreaterThan(1);
    for (const error of errors) expect(error).toMatch(/^stack\.yaml:\d+:\d+: is not valid YAML: /);
  });

  test('a hundred thousand keys are read in time that grows with their number', async () => {
    const text = Array.from({length: 100_000}, (_, i) => `k${i}: 1`).join('\n');
    expect((await userErrors(readStack(text)))[0]?.code).toBe('yaml-bomb');
  });
});

describe('what YAML offers works', () => {
  test('anchors and merge keys, own keys winning', async () => {
    const text = `${web('<<: &base {image: nginx, replicas: 2}', 'replicas: 3')}\n  api: {<<: {image: api, restart: never}}`;
    const stack = await readStack(text);
    expect(stack.services.map(service => [service.name, service.replicas, service.restart])).toEqual([
      ['web', 3, 'always'],
      ['api', 1, 'never'],
    ]);
  });

  test('several documents of one stack are merged in order', async () => {
    const head = 'apiVersion: niyanta/v1\nkind: Stack\nname: shop\n';
    const text = `${head}services: {a: {image: x}}\n---\n${head}services: {a: {replicas: 2}, b: {image: y}}\n`;
    const stack = await readStack(text);
    expect(stack.services.map(service => [service.name, service.replicas])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('a later file wins, and its errors point at it', async () => {
    const over = 'apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices: {web: {replicas: x, ports: }}\n';
    expect(await errorsOf(readStack([web('image: nginx', 'ports: ["80:80"]'), over]))).toEqual([
      'stack2.yaml:4:28 services.web.replicas: must be a number, is the text "x"',
    ]);
  });

  test('two stacks in one call are refused', async () => {
    const other = 'apiVersion: niyanta/v1\nkind: Stack\nname: other\n';
    expect(await errorsOf(readStack([web('image: nginx'), other]))).toEqual([
      'stack2.yaml:3:7 name: is another stack (other) than the first one (shop)',
    ]);
  });

  test('numbers are text where text is meant, as they were written', async () => {
    const stack = await readStack(
      web('image: nginx', 'user: 1000', 'env: {A: 1.10, B: 0644, C: true}', 'command: [a, 1.0]'),
    );
    expect(stack.services[0]).toMatchObject({
      user: '1000',
      env: {A: '1.10', B: '0644', C: 'true'},
      command: ['a', '1.0'],
    });
  });
});
