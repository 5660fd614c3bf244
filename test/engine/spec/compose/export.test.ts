import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {exportCompose} from '../../../../src/engine/spec/compose/export-compose.ts';
import {loadStack} from '../../../../src/engine/spec/index.ts';

const files = {read: async () => new TextEncoder().encode('A=b'), list: async () => []};
const load = (body: string) =>
  loadStack({
    inputs: [
      {
        source: {name: 'stack.yaml', directory: '/p'},
        bytes: new TextEncoder().encode(`apiVersion: niyanta/v1\nkind: Stack\nname: shop\n${body}`),
      },
    ],
    environment: 'default',
    params: {},
    env: {},
    templates: {directories: [], files, nameOf: path => path},
  });

test('what a Compose file has no word for is told, not dropped', async () => {
  const {stack} = await load(`services:
  web:
    archive: ./web.tar
    replicas: 2
    health: {http: {port: 8080, path: /healthz}}
    placement: {prefer: [{match: {disk: ssd}}], avoid: [{service: db}], require: {region: eu}}
    update: {maxSurge: 1, maxUnavailable: 1}
    env: {URL: "postgres://app:\${secret:db_password}@db/app", PRICE: "5$"}
    files: {/etc/app.conf: {content: "cost: $5\\n", reload: SIGHUP}}
  db:
    image: postgres:16
    secrets: [db_password]
    volumes: ["data:/var/lib/postgresql/data"]
    logs: {maxSize: 1Mi, maxFiles: 2}
volumes: {data: {}}
routes: [{host: shop.example, service: web, port: 8080}]
`);
  const {text, unsaid} = exportCompose(stack, {directory: '/p/deploy'});
  expect(unsaid.map(({path}) => path)).toEqual([
    'services.web.update.maxUnavailable',
    'services.web.placement.prefer',
    'services.web.placement.avoid',
    'services.web.files',
    'services.web.archive',
    'services.web.health',
    'routes',
  ]);
  expect(unsaid.find(({path}) => path === 'services.web.archive')?.reason).toContain('docker load -i ../web.tar');
  expect(parse(text)).toEqual({
    name: 'shop',
    services: {
      web: {
        image: 'web',
        environment: {PRICE: '5$$', URL: 'postgres://app:${db_password:?a secret}@db/app'},
        configs: [{source: 'web-1', target: '/etc/app.conf', mode: '0444'}],
        security_opt: ['no-new-privileges:true'],
        restart: 'always',
        deploy: {
          replicas: 2,
          update_config: {parallelism: 1, order: 'start-first'},
          placement: {constraints: ['node.labels.region == eu']},
        },
      },
      db: {
        image: 'postgres:16',
        secrets: [{source: 'db_password', target: '/run/secrets/db_password', mode: '0444'}],
        volumes: ['data:/var/lib/postgresql/data'],
        security_opt: ['no-new-privileges:true'],
        restart: 'always',
        logging: {driver: 'json-file', options: {'max-size': '1m', 'max-file': '2'}},
      },
    },
    volumes: {data: {}},
    secrets: {db_password: {environment: 'db_password'}},
    configs: {'web-1': {content: 'cost: $$5\n'}},
  });
});
