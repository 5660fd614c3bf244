import {describe, expect, test} from 'vitest';
import {errorsOf, readStack, web} from './reading.ts';

const filled = async (written: string, choice: Parameters<typeof readStack>[1] = {}) =>
  (await readStack(web('image: nginx', `env: {A: ${JSON.stringify(written)}}`), choice)).services[0]!.env.A;

describe('placeholders', () => {
  test.each([
    ['${env:X}', 'x'],
    ['a-${env:X}-b', 'a-x-b'],
    ['${env:NONE:-other}', 'other'],
    ['${env:EMPTY:-other}', 'other'],
    ['${env:EMPTY}', ''],
    ['${file:motd}', 'hello'],
    ['${file:none:-nothing}', 'nothing'],
    ['${secret:KEY}', '${secret:KEY}'],
    ['$${HOME} costs $5', '${HOME} costs $5'],
    ['100$$', '100$'],
  ])('%s', async (written, value) => {
    expect(await filled(written, {env: {X: 'x', EMPTY: ''}, texts: {'/p/motd': 'hello\n'}})).toBe(value);
  });

  test.each([
    ['${env:NONE}', 'the environment variable NONE is not set'],
    ['${env:toString}', 'the environment variable toString is not set'],
    ['${file:none}', 'there is no file none that can be read'],
    ['${HOME}', 'there is no parameter "HOME"'],
    ['${vault:X}', '${vault:X}: there is env:, file: and secret:, but no vault:'],
    ['${secret:a b}', '"a b" is not a name of a secret: letters, digits and _, no digit first'],
    ['${secret:A:-x}', 'a secret has no default'],
    ['${open', '${open has no closing }'],
    ['${}', '${} names no parameter'],
    ['${a:-${b}}', 'a default cannot hold another placeholder: ${a:-${b}'],
    ['$${secret:A}', 'the text ${secret: itself cannot be written here'],
    ['${env:SLY}', 'the environment variable SLY contains a ${secret:…}'],
  ])('%s is refused', async (written, message) => {
    expect(await errorsOf(filled(written, {env: {SLY: '${secret:KEY}'}}))).toEqual([
      `stack.yaml:7:14 services.web.env.A: ${message}`,
    ]);
  });

  test('a placeholder that is all of a value has its type', async () => {
    const stack = await readStack(
      web('image: nginx', 'replicas: ${env:N}', 'readOnly: "${env:RO}"', 'env: {N: "${env:N}"}'),
      {
        env: {N: '3', RO: 'true'},
      },
    );
    expect(stack.services[0]).toMatchObject({replicas: 3, readOnly: true, env: {N: '3'}});
  });

  test.each([
    'image: "x/${secret:A}"',
    'command: ["${secret:A}"]',
    'labels: {a: "${secret:A}"}',
    'user: "${secret:A}"',
  ])('a secret in %s is refused', async line => {
    const errors = await errorsOf(readStack(web(line)));
    expect(errors.join('\n')).toContain('a secret cannot be used here');
  });

  test('a secret may stand in an env file, and in build arguments it may not', async () => {
    const stack = await readStack(web('image: x', 'envFile: a.env'), {
      texts: {'/p/a.env': 'A="${secret:B}"\n# c\nexport C=${d}\n'},
    });
    expect(stack.services[0]!.env).toEqual({A: '${secret:B}', C: '${d}'});
    expect((await errorsOf(readStack(web('build: {context: ., args: {A: "${secret:B}"}}')))).join()).toContain(
      'cannot be used',
    );
  });
});

describe('parameters', () => {
  const text = `${web('image: "nginx:${tag}"', 'replicas: ${n}')}\nparams: {tag: {type: string}, n: {default: 1}}\n`;

  test('come from the flag, else the variable, else the default', async () => {
    const read = async (params: Record<string, string>, env: Record<string, string> = {}) => {
      const service = (await readStack(text, {params, env})).services[0]!;
      return [(service.image as {reference: string}).reference, service.replicas];
    };
    expect(await read({tag: '1.10'})).toEqual(['docker.io/library/nginx:1.10', 1]);
    expect(await read({tag: '2', n: '4'}, {NIYANTA_PARAM_TAG: '3'})).toEqual(['docker.io/library/nginx:2', 4]);
    expect(await read({}, {NIYANTA_PARAM_TAG: '3', NIYANTA_PARAM_N: '2'})).toEqual(['docker.io/library/nginx:3', 2]);
  });

  test.each([
    [{}, ['stack.yaml:8:10 params.tag: this parameter has no value']],
    [{tag: '1', n: 'many'}, ['--param n: must be a number, is "many"']],
    [{tag: '1', tga: '2'}, ['--param tga: the stack has no such parameter, did you mean "tag"?']],
  ])('%j', async (params, errors) => {
    expect(await errorsOf(readStack(text, {params}))).toEqual(errors);
  });
});

describe('environments', () => {
  const text = `${web('image: nginx', 'replicas: 3', 'env: {A: "1", B: "2"}', 'ports: ["80:80", "81:81"]')}
environments:
  staging:
    services: {web: {replicas: 1, env: {A: null, C: "3"}, ports: ["90:80"]}}
  bad: {services: {web: {replicas: x}}, networks: {}, servces: {}}
`;

  test('maps are merged, lists replaced, null removes', async () => {
    const stack = await readStack(text, {environment: 'staging'});
    expect(stack.services[0]).toMatchObject({replicas: 1, env: {B: '2', C: '3'}, ports: [{host: 90}]});
    expect(stack.services[0]!.env).not.toHaveProperty('A');
  });

  test('errors point into the override', async () => {
    expect(await errorsOf(readStack(text, {environment: 'bad'}))).toEqual([
      'stack.yaml:13:36 services.web.replicas: must be a number, is the text "x"',
      'stack.yaml:13:41 environments.bad.networks: not in this version',
      'stack.yaml:13:55 environments.bad.servces: unknown key, did you mean "services"?',
    ]);
  });

  test('one that is not declared is refused where others are', async () => {
    expect(await errorsOf(readStack(text, {environment: 'stagin'}))).toEqual([
      'stack.yaml:11:3 environments: there is no environment "stagin", did you mean "staging"?',
    ]);
    expect((await readStack(web('image: nginx'), {environment: 'any'})).name).toBe('shop');
  });
});
