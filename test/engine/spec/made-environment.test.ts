import {expect, test} from 'vitest';
import type {UserErrors} from '../../../src/engine/spec/errors.ts';
import {loadStack} from '../../../src/engine/spec/index.ts';

const text = `apiVersion: niyanta/v1
kind: Stack
name: shop
params: {size: {default: small}}
services:
  web: {image: "web:1", replicas: 4, env: {SIZE: "\${size}"}, ports: ["80:80"]}
environments:
  staging: {services: {web: {replicas: 2}}}
`;

const load = (set: Record<string, string>, params: Record<string, string> = {}, given: Record<string, string> = {}) =>
  loadStack({
    inputs: [{source: {name: 'stack.yaml', directory: '/p'}, bytes: Buffer.from(text)}],
    environment: 'preview-1',
    made: {from: 'staging', params, set},
    params: given,
    env: {},
    templates: {directories: [], files: {read: async () => new Uint8Array(), list: async () => []}, nameOf: p => p},
  });
const web = async (...of: Parameters<typeof load>) => (await load(...of)).stack.services[0]!;
const wrong = (...of: Parameters<typeof load>) =>
  load(...of).then(
    () => [],
    (error: unknown) => (error as UserErrors).errors.map(({code, message}) => `${code}: ${message}`),
  );

test('it is like the one it was made from, with what is set laid over', async () => {
  expect(await web({})).toMatchObject({replicas: 2, env: {SIZE: 'small'}, ports: [{host: 80}]});
  expect(
    await web({'services.web.replicas': '1', 'services.web.ports': '["8090:80"]', 'services.web.env.MODE': '${size}!'}),
  ).toMatchObject({replicas: 1, ports: [{host: 8090}], env: {SIZE: 'small', MODE: 'small!'}});
});

test('its parameters count, and those of the command line before them', async () => {
  expect((await web({}, {size: 'large'})).env.SIZE).toBe('large');
  expect((await web({}, {size: 'large'}, {size: 'tiny'})).env.SIZE).toBe('tiny');
});

test.each<[string, Record<string, string>, RegExp]>([
  ['no path of a stack', {replicas: '1'}, /set-invalid: --set replicas: is not a path/],
  ['the name', {'name.x': '1'}, /set-invalid/],
  ['an empty part', {'services..replicas': '1'}, /set-invalid/],
  ['no YAML', {'services.web.ports': '["'}, /set-invalid: --set services.web.ports: "\[\\"" is not a value/],
  ['an unknown key', {'services.web.replica': '1'}, /unknown-key/],
  ['a wrong value', {'services.web.replicas': 'many'}, /services\.web\.replicas|wrong-type/],
])('refused: %s', async (_, set, told) => expect((await wrong(set)).join('\n')).toMatch(told));
