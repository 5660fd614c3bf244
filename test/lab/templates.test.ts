import {beforeAll, describe, expect, test} from 'vitest';
import {debianArchive, postgresArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
let project: TestProject;

const node = "require('http').createServer((q, s) => s.end(process.env.NODE_OPTIONS)).listen(process.env.PORT)";
const python = [
  'import http.server, os',
  'class H(http.server.BaseHTTPRequestHandler):',
  '  def do_GET(self):',
  '    self.send_response(200); self.end_headers(); self.wfile.write(os.environ["WEB_CONCURRENCY"].encode())',
  'http.server.HTTPServer(("", int(os.environ["PORT"])), H).serve_forever()',
];

/** What Debian has: MinIO and Grafana are not in it. */
const stack = (images: {all: string; postgres: string}, replica: boolean, sharedBuffers = '') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    template: postgres
    with:
      archive: ${images.postgres}
      password: "\${secret:password}"
      memory: 256Mi
      replica: ${replica}
      settings: [--fsync=off${sharedBuffers}]
  cache: {template: redis, with: {archive: ${images.all}, password: "\${secret:password}", policy: allkeys-lru}}
  queue: {template: nats, with: {archive: ${images.all}, token: "\${secret:password}"}}
  caddy: {template: caddy, with: {archive: ${images.all}, config: ":8080 {\\n  respond \\"hello from \${env:WHO:-caddy}\\"\\n}\\n"}}
  site: {template: static, with: {archive: ${images.all}, port: 8081, mounts: ["/srv/site:/srv:ro"], cache: 1h}}
  api: {template: node, with: {archive: ${images.all}, replicas: 1, command: [node, -e, ${JSON.stringify(node)}], memory: 128Mi}}
  jobs:
    template: python
    with: {archive: ${images.all}, replicas: 1, workers: 3, command: [python3, /app.py]}
    files: {/app.py: {content: ${JSON.stringify(python.join('\n'))}}}
  metrics: {template: prometheus, with: {archive: ${images.all}, image: x, targets: ["metrics:9090"], interval: 1s}, entrypoint: [prometheus]}
`;

const secret = {env: {NIYANTA_SECRET_PASSWORD: 'letters-and-"quotes"'}};
let images: {all: string; postgres: string};

beforeAll(async () => {
  const all = await debianArchive({
    name: 'template-software',
    packages: ['redis-server', 'redis-tools', 'nats-server', 'caddy', 'prometheus', 'nodejs', 'python3', 'sed', 'grep'],
    setup:
      'rm -rf "$1"/usr/share/javascript "$1"/usr/bin/promtool "$1"/usr/share/prometheus "$1"/usr/lib/systemd "$1"/usr/share/perl* "$1"/usr/lib/*/perl*',
  });
  images = {all, postgres: await postgresArchive(15)};
  await lab().sh('h1', 'mkdir -p /srv/site && echo static page > /srv/site/index.html');
  project = await lab().project(stack(images, true));
  // The image is made of 300 MB of packages, once.
}, 600_000);

const inside = async (service: string, script: string): Promise<string> => {
  const ran = await project.niyanta(['exec', service, '--', 'sh', '-c', script], secret);
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout.trim();
};
const sql = (service: string, query: string) =>
  inside(
    service,
    `psql -U app -d app -h /var/run/postgresql -Atc "${query}" 2>&1 || psql -U app -d app -Atc "${query}"`,
  );
const get = (service: string, port: number, path = '/') =>
  inside(
    'api',
    `node -e 'fetch("http://${service}:${port}${path}").then(r => r.text().then(t => console.log(t, r.headers.get("cache-control"))))'`,
  );

describe('the templates that come with niyanta', () => {
  test('make services that run and are healthy', async () => {
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code, applied.stderr).toBe(0);
    const {replicas} = (await project.niyanta(['ps', '--json'], secret)).json;
    expect(replicas.map((one: {service: string; health: string}) => `${one.service} ${one.health}`)).toEqual(
      ['api', 'cache', 'caddy', 'db', 'db-replica', 'jobs', 'metrics', 'queue', 'site'].map(name => `${name} healthy`),
    );
  });

  test('postgres is tuned by its memory, and its replica follows it', async () => {
    expect(await sql('db', 'show shared_buffers')).toBe('64MB');
    await sql('db', 'create table t as select 42 as n');
    expect(await sql('db', 'select state from pg_stat_replication')).toBe('streaming');
    const seen =
      'for i in $(seq 100); do psql -U app -d app -Atc "select n from t" 2>/dev/null && exit 0; sleep 0.3; done; exit 1';
    expect(await inside('db-replica', seen)).toBe('42');
    expect(await sql('db-replica', 'select pg_is_in_recovery()')).toBe('t');
  });

  test('redis keeps its password from argv and strangers out', async () => {
    expect(await inside('cache', 'redis-cli set a 1 && redis-cli config get maxmemory-policy | tail -n 1')).toBe(
      'OK\nallkeys-lru',
    );
    expect(await inside('cache', 'REDISCLI_AUTH= redis-cli get a')).toContain('NOAUTH');
    expect(await lab().sh('h1', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')).not.toContain('letters-and');
  });

  test('the others answer as they were told', async () => {
    expect(await get('caddy', 8080)).toContain('hello from caddy');
    expect(await get('site', 8081)).toBe('static page\n max-age=3600');
    expect(await get('api', 3000)).toContain('--max-old-space-size=96');
    expect(await get('jobs', 8000)).toContain('3');
    expect(await get('queue', 8222, '/jsz')).toContain('"max_storage": 10737418240');
    const up =
      'for i in $(seq 60); do node -e \'fetch("http://metrics:9090/api/v1/query?query=up").then(r => r.text()).then(console.log)\' | grep -q ",\\"1\\"" && exit 0; sleep 0.5; done; exit 1';
    await inside('api', up);
  });

  test('a file that its program reads again needs no new container; one that it does not needs one', async () => {
    await project.write(
      'stack.yaml',
      stack(images, true).replace('interval: 1s', 'interval: 2s').replace('cache: 1h', 'cache: 2h'),
    );
    const plan = await project.niyanta(['plan'], secret);
    expect(plan.stdout).toMatch(/~ +metrics 1/);
    expect(plan.stdout).toMatch(/prometheus\.yml +"3 lines, \w{12}, 0444, SIGHUP" → "3 lines, \w{12}, 0444, SIGHUP"/);
    expect(plan.stdout).toMatch(/-\/\+ site 1/);
    const before = await inside('metrics', 'cat /proc/1/stat | cut -d" " -f22');
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code, applied.stderr).toBe(0);
    expect(await inside('metrics', 'cat /proc/1/stat | cut -d" " -f22')).toBe(before);
    expect(await inside('metrics', 'grep -o "scrape_interval: .*" /etc/prometheus/prometheus.yml')).toContain('2s');
    expect(await get('metrics', 9090, '/api/v1/status/config')).toContain('scrape_interval: 2s');
    expect(await get('site', 8081)).toBe('static page\n max-age=7200');
    const folders = await lab().sh(
      'h1',
      'ls /var/lib/niyanta/files | wc -l; ls /var/lib/niyanta/containers/*.json | wc -l',
    );
    // Every service but api has files, and no container of before left any.
    expect(folders).toBe('8\n9\n');
  });

  test('files are there after a reboot, and those of removed services go', async () => {
    await project.write('stack.yaml', stack(images, false).replace(/ {2}metrics: .*\n/, ''));
    const applied = await project.niyanta(['apply', '--yes'], secret);
    expect(applied.code, applied.stderr).toBe(0);
    await lab().reboot('h1');
    await project.niyanta(['apply', '--yes'], secret);
    expect(await get('caddy', 8080)).toContain('hello from caddy');
    expect(await lab().sh('h1', 'ls /var/lib/niyanta/files | wc -l')).toBe('6\n');
  });
});
