import {expect, test} from 'vitest';
import {readPlacedStack, readStack} from './reading.ts';

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db: {template: postgres, with: {password: "\${secret:p}"}}
  # the shop itself
  web:
    image: busybox
environments:
  staging:
    services:
      web: {replicas: 2}
      extra: {image: busybox}
`;
test('it is known where each service was written, also of one from a template or changed by an environment', async () => {
  const {places} = await readPlacedStack(stack, {environment: 'staging'});
  expect(Object.fromEntries(places)).toEqual({
    db: {file: 'stack.yaml', line: 5, column: 3, path: 'services.db'},
    web: {file: 'stack.yaml', line: 7, column: 3, path: 'services.web'},
    extra: {file: 'stack.yaml', line: 13, column: 7, path: 'services.extra'},
  });
});

test('a stack is the same wherever its services stand', async () => {
  const moved = stack.replace('services:\n', 'services:\n\n\n');
  expect(await readStack(moved)).toEqual(await readStack(stack));
});
