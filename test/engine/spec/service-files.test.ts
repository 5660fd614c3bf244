import {expect, test} from 'vitest';
import {errorsOf, readStack, web} from './reading.ts';

const service = (...lines: string[]) => web('image: x', ...lines);

test('files of a service have their text from the stack or from beside it', async () => {
  const stack = await readStack(
    service('files:', '  /etc/b.conf: {content: "one\\n"}', '  /etc/a.sh: {from: ./run.sh, mode: "555", reload: hup}'),
    {texts: {'/p/run.sh': 'echo hello\n'}},
  );
  expect(stack.services[0]!.files).toEqual([
    {target: '/etc/a.sh', content: 'echo hello\n', mode: '0555', reload: 'SIGHUP'},
    {target: '/etc/b.conf', content: 'one\n', mode: '0444'},
  ]);
  expect((await readStack(service())).services[0]!.files).toBeUndefined();
});

test('placeholders are filled in where the text is written, not in files beside it', async () => {
  const stack = `${service('files: {/a: {content: "${p}"}, /b: {from: b}}')}\nparams: {p: {default: filled}}\n`;
  const {services} = await readStack(stack, {texts: {'/p/b': '${p}'}});
  expect(services[0]!.files!.map(({content}) => content)).toEqual(['filled', '${p}']);
});

test.each([
  [
    'files: {etc/x: {content: a}}',
    'stack.yaml:7:13 services.web.files.etc/x: must be an absolute path, starting with /, is "etc/x"',
  ],
  ['files: {/x: {}}', 'stack.yaml:7:17 services.web.files./x: needs content or from'],
  [
    'files: {/x: {content: a, from: b}}',
    'stack.yaml:7:17 services.web.files./x: has content and from: write one of them',
  ],
  ['files: {/x: {from: b}}', 'stack.yaml:7:24 services.web.files./x.from: b: there is no such file'],
  ['files: {/x: {content: a, mode: "9"}}', 'stack.yaml:7:36 services.web.files./x.mode: is not a mode such as "0444"'],
  ['files: {/x: {content: a, reload: SIGFOO}}', /services\.web\.files\.\/x\.reload: must be one of SIGTERM/],
  [
    'files: {/x: {content: "${secret:x}"}}',
    'stack.yaml:7:27 services.web.files./x.content: a secret cannot be used here: it would show in process lists, plans or state',
  ],
  [`files: {/x: {content: ${'a'.repeat(65_537)}}}`, 'stack.yaml:7:17 services.web.files./x: is larger than 64 KiB'],
])('%.40s', async (line, error) => {
  const errors = await errorsOf(readStack(service(line)));
  if (typeof error === 'string') expect(errors).toEqual([error]);
  else expect(errors[0]).toMatch(error);
});

test('one path in a container is one thing', async () => {
  expect(await errorsOf(readStack(service('files: {/x: {content: a}}', 'mounts: ["/etc/hostname:/x:ro"]')))).toEqual([
    'stack.yaml:8:14 services.web.mounts.0: /x is already taken by files./x',
  ]);
});
