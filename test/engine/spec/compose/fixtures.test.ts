import {readdirSync, readFileSync} from 'node:fs';
import nodePath from 'node:path';
import {describe, expect, test} from 'vitest';
import {parseDocument} from 'yaml';
import {exportCompose} from '../../../../src/engine/spec/compose/export-compose.ts';
import {importCompose} from '../../../../src/engine/spec/compose/import-compose.ts';
import {formatStack} from '../../../../src/engine/spec/compose/write-stack.ts';
import {loadStack} from '../../../../src/engine/spec/index.ts';

const folder = nodePath.resolve(import.meta.dirname, '../../../fixtures/compose');
const names = readdirSync(folder).flatMap(file => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []));

/** Files beside the Compose files that a stack may name; what is in them does not matter here. */
const beside = (path: string): Uint8Array => {
  if (/\.env[.\w]*$|\.(?:conf|yml|xml|sql)$|Caddyfile$/.test(path)) return new TextEncoder().encode('A=b\n');
  return readFileSync(path);
};
const files = {read: async (path: string) => beside(path), list: async () => []};
const nameOf = (path: string): string => nodePath.relative(folder, path);

const imported = (name: string, secrets: boolean) =>
  importCompose({
    paths: [nodePath.join(folder, `${name}.yaml`)],
    directory: folder,
    fallbackName: name,
    profiles: [],
    secrets,
    dotenv: {},
    files,
    nameOf,
    kindOf: () => undefined,
  });

/** Variables that must be set, as each file says; and what a service without an image is refused for. */
const env = {
  AIRFLOW_UID: '0',
  BASE_URL: 'http://x',
  ELASTIC_VERSION: '8',
  GRAFANA_PASSWORD: 'x',
  SECRET_KEY_BASE: 'x',
};

const load = (text: string) =>
  loadStack({
    inputs: [{source: {name: 'stack.yaml', directory: folder}, bytes: new TextEncoder().encode(text)}],
    environment: 'default',
    params: {},
    env,
    templates: {directories: [], files, nameOf},
  });

test('there are at least thirty Compose files', () => {
  expect(names.length).toBeGreaterThanOrEqual(30);
});

describe.each(names)('%s', name => {
  test('becomes this stack, with these notes', async () => {
    const {text, notes, passwords} = await imported(name, false);
    await expect(text).toMatchFileSnapshot(`${folder}/expected/${name}.stack.yaml`);
    const lines = notes.map(
      ({kind, file, line, column, path, reason}) => `${kind} ${file}:${line}:${column} ${path}: ${reason}`,
    );
    const found = passwords.map(
      ({file, line, service, variable, name: as}) => `password ${file}:${line} ${service} ${variable}: ${as}`,
    );
    await expect(`${[...lines, ...found].join('\n')}\n`).toMatchFileSnapshot(`${folder}/expected/${name}.notes.txt`);
  });

  test('what comes out is a stack, with and without secrets, and is formatted for good', async () => {
    for (const secrets of [false, true]) {
      const {text} = await imported(name, secrets);
      expect(formatStack(parseDocument(text))).toBe(text);
      expect((await load(text)).stack.services.length).toBeGreaterThan(0);
    }
  });

  test('no password is left in it once they are secrets', async () => {
    const {text, passwords} = await imported(name, true);
    const again = (await load(text)).stack;
    const values = again.services.flatMap(service =>
      Object.entries(service.env).map(([key, value]) => `${service.name}/${key}=${value}`),
    );
    for (const {service, variable, name: secret} of passwords) {
      expect(values.find(one => one.startsWith(`${service}/${variable}=`))).toContain(`\${secret:${secret}}`);
    }
  });

  test('goes to Compose and comes back as the same stack', async () => {
    const {stack} = await load((await imported(name, true)).text);
    const {text, unsaid} = exportCompose(stack, {directory: folder});
    const back = await importCompose({
      paths: [`${folder}/compose.yaml`],
      directory: folder,
      fallbackName: 'other',
      profiles: [],
      secrets: true,
      dotenv: {},
      files: {read: async () => new TextEncoder().encode(text), list: async () => []},
      nameOf,
      kindOf: () => undefined,
    });
    const again = await load(back.text);
    expect({...again.stack, routes: []}).toEqual({...stack, routes: []});
    expect(unsaid.map(({path}) => path)).toEqual(stack.routes.length > 0 ? ['routes'] : []);
  });
});
