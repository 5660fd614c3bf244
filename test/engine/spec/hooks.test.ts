import {expect, test} from 'vitest';
import {errorsOf, readStack, web} from './reading.ts';

const stack = (hooks: string) => `${web('image: x')}\nhooks: ${hooks}\n`;

test('hooks are read in the order in which they run, with what is usual filled in', async () => {
  const {hooks} = await readStack(
    stack(
      '{after: [{name: warm, service: web, command: [warm]}], before: [{name: migrate, service: web, command: [m], timeout: 1m, env: {A: "${secret:s}"}}]}',
    ),
  );
  expect(hooks).toEqual([
    {
      name: 'migrate',
      when: 'before',
      service: 'web',
      on: ['web'],
      command: ['m'],
      env: {A: '${secret:s}'},
      timeoutMs: 60_000,
      retries: 0,
      always: false,
    },
    {
      name: 'warm',
      when: 'after',
      service: 'web',
      on: ['web'],
      command: ['warm'],
      env: {},
      timeoutMs: 600_000,
      retries: 0,
      always: false,
    },
  ]);
  expect((await readStack(web('image: x'))).hooks).toBeUndefined();
});

test.each([
  [
    '{before: [{name: a, service: wbe, command: [m]}]}',
    'stack.yaml:7:37 hooks.before.0.service: there is no service "wbe", did you mean "web"?',
  ],
  [
    '{before: [{name: a, service: web, on: [x], command: [m]}]}',
    'stack.yaml:7:47 hooks.before.0.on.0: there is no service "x"',
  ],
  ['{before: [{name: a, service: web}]}', 'stack.yaml:7:18 hooks.before.0.command: is required and missing'],
  ['{befor: []}', 'stack.yaml:7:9 hooks.befor: unknown key, did you mean "before"?'],
  [
    '{before: [{name: a, service: web, command: [m]}], after: [{name: a, service: web, command: [m]}]}',
    'stack.yaml:7:73 hooks.after.0.name: a is the name of another hook',
  ],
  [
    '{before: [{name: a, service: web, command: ["${secret:s}"]}]}',
    'stack.yaml:7:52 hooks.before.0.command.0: a secret cannot be used here: it would show in process lists, plans or state',
  ],
])('%s', async (hooks, error) => {
  expect(await errorsOf(readStack(stack(hooks)))).toEqual([error]);
});
