import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {showTemplate} from '../../../src/engine/show-template.ts';
import {starterTemplate} from '../../../src/engine/spec/starter-files.ts';
import {readStack, web} from './reading.ts';

const folder = join(import.meta.dirname, '../../../templates');
const names = readdirSync(folder).map(file => file.replace('.yaml', ''));
const texts = Object.fromEntries(
  names.map(name => [`/p/templates/${name}.yaml`, readFileSync(join(folder, `${name}.yaml`), 'utf8')]),
);

/** The service `web` made by a template. */
const made = async (template: string, given = '{}') =>
  readStack(web(`template: ${template}`, `with: ${given}`), {texts});

describe.each(names)('%s', name => {
  test('makes what its example asks for', async () => {
    const doc = await showTemplate(name, undefined, {cwd: '/p', env: {}});
    expect(doc.description).toMatch(/^[A-Z].{10,}/);
    const stack = await readStack(`apiVersion: niyanta/v1\nkind: Stack\nname: shop\n${doc.example}\n`, {
      texts: {...texts, '/p/app/Dockerfile': 'FROM scratch', '/p/site/Dockerfile': 'FROM scratch'},
    });
    expect(stack.services[0]).toMatchObject({name});
    expect(stack.services.every(service => service.health && service.resources.memory !== 0)).toBe(true);
  });

  test('says of every parameter what it is for', async () => {
    const {params} = await showTemplate(name, undefined, {cwd: '/p', env: {}});
    expect(params.filter(param => !param.description)).toEqual([]);
  });
});

test('postgres follows its memory, and has a replica and backups when asked for', async () => {
  const one = await made(
    'postgres',
    '{password: x, memory: 1Gi, max_connections: 20, settings: ["--log_connections=on"]}',
  );
  expect(one.services.map(({name}) => name)).toEqual(['web']);
  expect(one.services[0]!.command).toEqual(
    expect.arrayContaining([
      '--max_connections=20',
      '--shared_buffers=262144kB',
      '--maintenance_work_mem=65536kB',
      '--log_connections=on',
    ]),
  );
  expect(one.volumes).toEqual([{name: 'web-data'}]);
  const two = await made('postgres', '{password: "${secret:p}", replica: true, backup_to: ./backups}');
  expect(two.services.map(({name, needs}) => [name, needs])).toEqual([
    ['web', []],
    ['web-replica', ['web']],
  ]);
  expect(two.volumes).toMatchObject([
    {
      name: 'web-data',
      backup: {schedule: '0 3 * * *', before: {kind: 'pg_dump', user: 'app'}, encrypt: {kind: 'passphrase'}},
    },
    {name: 'web-replica-data'},
  ]);
});

test('prometheus asks its targets, and has Grafana beside it when asked for', async () => {
  const {services} = await made('prometheus', '{targets: [a:1, "b:2"], grafana: true, interval: 30s}');
  expect(services.map(({name}) => name)).toEqual(['web', 'web-grafana']);
  expect(services[0]!.files![0]!.content).toBe(
    'global: {scrape_interval: 30s}\nscrape_configs:\n  - {job_name: services, static_configs: [{targets: ["a:1","b:2"]}]}\n',
  );
  expect(services[1]!.files![0]!.content).toContain('http://web:9090');
});

test('node gives JavaScript three quarters of the memory', async () => {
  const {services} = await made('node', '{image: x, memory: 512Mi, port: 8080}');
  expect(services[0]).toMatchObject({
    env: {NODE_OPTIONS: '--max-old-space-size=384', PORT: '8080'},
    capabilities: {drop: ['ALL']},
  });
});

test('the template to begin with is one', async () => {
  const stack = await readStack(web('template: worker', 'with: {ports: ["8080:80"]}'), {
    texts: {'/p/templates/worker.yaml': starterTemplate('worker')},
  });
  expect(stack.services[0]).toMatchObject({ports: [{host: 8080, container: 80}], resources: {memory: 2 ** 27}});
});
