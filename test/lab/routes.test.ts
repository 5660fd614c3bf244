import {execFileSync} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {beforeAll, expect, test, vi} from 'vitest';
import {sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {get, getSecurely, lend, speaker, speaking, until, upgrade} from './routing.ts';

const lab = sharedLab({hosts: 3});
const on = (host: string): string => lab().host(host).address;

const NIYANTA = `hosts:
  h1: {labels: {proxy: "true"}}
  h2: {labels: {proxy: "true"}}
proxy: {binary: /usr/bin/caddy, acme: {server: "https://pebble.example:14000/dir", ca: ./pebble.pem}}
`;

const ROUTES = `  - {host: shop.example, service: web, port: 8080, tls: internal}
  - {host: own.example, service: web, port: 8080, tls: {certificate: ./own.pem, key: "\${secret:own_key}"}}
  - {host: plain.example, service: web, port: 8080, tls: off}
  - {host: plain.example, path: /api, service: api, port: 8080, tls: off, maxBody: 1000}
  - {host: plain.example, path: /talk, service: api, port: 8081, tls: off, health: false}
  - {host: sticky.example, service: web, port: 8080, tls: off, sticky: true}
`;

const stack = (routes: string): string => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
${speaking('web', 'replicas: 2, placement: {require: {host: h3}}')}${speaking('api', 'placement: {require: {host: h1}}')}routes:
${routes}environments:
  staging:
    services: {web: {replicas: 1}}
    routes:
      - {host: staging.example, service: web, port: 8080, tls: off}
  clash:
    routes:
      - {host: plain.example, path: /api, service: web, port: 8080, tls: off}
`;

let project: TestProject;
let key: string;
const env = () => ({NIYANTA_SECRET_OWN_KEY: key});
const run = (...words: string[]) => project.niyanta(words, {env: env()});
const ok = async (...words: string[]): Promise<string> => {
  const done = await run(...words);
  expect(done.code, `niyanta ${words.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
  return done.stdout;
};
const operations = async (...words: string[]): Promise<string[]> =>
  JSON.parse(await ok('plan', '--json', ...words)).operations.map(({id}: {id: string}) => id);
const kill = (host: string) => lab().sh(host, 'ctr -n niyanta tasks kill --signal SIGKILL niyanta-proxy');

/** A certificate and its key, by openssl. */
function certificate(name: string, ...more: string[]): void {
  const [pem, keyFile] = [join(project.directory, `${name}.pem`), join(lab().scratch, `${name}.key`)];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  execFileSync('openssl', [...words, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', pem, ...more], {
    stdio: 'pipe',
  });
}

beforeAll(async () => {
  await Promise.all(['h1', 'h2'].map(host => lend(lab(), host, '/usr/bin/caddy')));
  project = await lab().project(stack(ROUTES), {'speaker.tar': speaker}, NIYANTA);
  certificate('own', '-addext', 'subjectAltName=DNS:own.example');
  certificate('pebble', '-addext', 'subjectAltName=DNS:pebble.example');
  key = readFileSync(join(lab().scratch, 'own.key'), 'utf8');
  await ok('apply', '--yes');
});

test('by name and path, on every proxy, also to replicas on other hosts; the most specific route wins', async () => {
  for (const proxy of [on('h1'), on('h2')]) {
    const names = new Set<string>();
    for (let n = 0; n < 4; n++) names.add((await get(proxy, 'http://plain.example/')).body);
    expect([...names].sort()).toEqual(['web h3', 'web h3'].slice(0, names.size));
    expect((await get(proxy, 'http://plain.example/')).body).toMatch(/^web /);
    expect((await get(proxy, 'http://plain.example/api/')).body).toMatch(/^api /);
    expect((await get(proxy, 'http://nobody.example/')).status).toBe(404);
    expect(await get(proxy, 'http://shop.example/cart')).toMatchObject({
      status: 308,
      location: 'https://shop.example/cart',
    });
  }
  expect(await operations()).toEqual([]);
});

test('HTTP/2 with certificates of its own authority, and with our own, whose key is nowhere but on the proxies', async () => {
  expect(await getSecurely(on('h2'), 'shop.example')).toMatchObject({
    status: 200,
    body: expect.stringMatching(/^web /),
  });
  const own = new X509Certificate(readFileSync(join(project.directory, 'own.pem')));
  expect(await getSecurely(on('h1'), 'own.example')).toMatchObject({status: 200, fingerprint: own.fingerprint256});
  const secret = key.split('\n')[1]!;
  expect(readFileSync(join(project.directory, 'niyanta.lock.json'), 'utf8')).not.toContain(secret);
  expect(await ok('plan', '--commands')).not.toContain(secret);
  const found = await lab().sh('h1', `grep -rlF '${secret}' /var/lib/niyanta /run/niyanta || :`);
  expect(found.trim()).toMatch(/^\/var\/lib\/niyanta\/proxy\/certificates\/[^\n]*\.key$/);
  expect(await lab().sh('h1', `stat -c %a ${found.trim()} /var/lib/niyanta/proxy`)).toBe('600\n700\n');
});

test('what proxies were asked is shown by route logs, of all hosts in order of time', async () => {
  const asked = ['h1', 'h2', 'h1'].map((proxy, n) => ({proxy, uri: `/api/logged/${n}`}));
  for (const {proxy, uri} of asked) {
    await get(on(proxy), `http://plain.example${uri}`);
    // The log tells milliseconds, and is written once the answer is out.
    await sleep(20);
  }
  const lines = (await ok('route', 'logs', '--json')).trim().split('\n');
  const shown = lines.map(line => JSON.parse(line)).filter(({uri}) => uri.startsWith('/api/logged/'));
  const answered = {route: 'plain.example/api', method: 'GET', upstream: expect.stringMatching(/:8080$/)};
  expect(shown).toMatchObject(asked.map(one => ({...one, ...answered})));
});

test('route logs -f goes on over a lost connection, and tells each request once', async () => {
  const child = project.start(['route', 'logs', '-f', '--tail', '1', '--json']);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', chunk => (stdout += chunk));
  child.stderr!.on('data', chunk => (stderr += chunk));
  const ended = once(child, 'close');
  const soon = {timeout: 30_000, interval: 200};
  await vi.waitFor(() => expect(stdout).toContain('"proxy":"h1"'), soon);
  await get(on('h1'), 'http://plain.example/followed/1');
  await vi.waitFor(() => expect(stdout).toContain('/followed/1'), soon);
  await lab().sh('h1', 'pkill -KILL sshd');
  await get(on('h1'), 'http://plain.example/followed/2');
  await vi.waitFor(() => expect(stderr).toContain('h1 answers again'), soon);
  await get(on('h1'), 'http://plain.example/followed/3');
  await vi.waitFor(() => expect(stdout).toContain('/followed/3'), soon);
  child.kill('SIGINT');
  expect((await ended)[0]).toBe(130);
  expect(stdout.match(/\/followed\/\d/g)).toEqual(['/followed/1', '/followed/2', '/followed/3']);
});

test('upgrades to WebSocket, limits of bodies, cookies that stick', async () => {
  expect(await upgrade(on('h2'), 'plain.example', '/talk', 'hello')).toBe('hello');
  const large = 'x'.repeat(2000);
  expect((await get(on('h1'), 'http://plain.example/api/', {method: 'POST', body: large})).status).toBe(413);
  const chunked = {'Transfer-Encoding': 'chunked'};
  // A replica that answers before it has read the body may be quicker than the limit, where processors are busy.
  const inChunks = () => get(on('h1'), 'http://plain.example/api/', {method: 'POST', body: large, headers: chunked});
  await expect.poll(async () => (await inChunks()).status, {timeout: 10_000}).toBe(413);
  expect((await get(on('h1'), 'http://sticky.example/')).cookie).toMatch(/^niyanta=/);
});

test('a replica that died is not noticed: another one answers', async () => {
  const [first] = JSON.parse(await ok('ps', 'web', '--json')).replicas as {address: string}[];
  // It takes no connection and says nothing, as a host that lost its power would.
  await lab().sh('h3', `iptables -I FORWARD -d ${first!.address} -p tcp --dport 8080 -j DROP`);
  try {
    const answers = await Promise.all(Array.from({length: 6}, () => get(on('h2'), 'http://plain.example/')));
    expect(answers.map(({status}) => status)).toEqual(answers.map(() => 200));
  } finally {
    await lab().sh('h3', `iptables -D FORWARD -d ${first!.address} -p tcp --dport 8080 -j DROP`);
  }
});

test('a proxy that is killed comes back with its routes; killed during a switch, with the new ones', async () => {
  await kill('h1');
  expect(
    await until(
      () => get(on('h1'), 'http://plain.example/'),
      ({status}) => status === 200,
    ),
  ).toMatchObject({status: 200});
  await project.write('stack.yaml', stack(`${ROUTES}  - {host: new.example, service: api, port: 8080, tls: off}\n`));
  const [applied] = await Promise.all([run('apply', '--yes'), kill('h2')]);
  expect(applied.code, applied.stderr).toBe(0);
  for (const proxy of [on('h1'), on('h2')]) {
    expect(
      await until(
        () => get(proxy, 'http://new.example/'),
        ({status}) => status === 200,
      ),
    ).toMatchObject({body: expect.stringMatching(/^api /)});
  }
  expect(await operations()).toEqual([]);
});

test('two environments at once keep their routes; what one has, another cannot have', async () => {
  await project.write('stack.yaml', stack(ROUTES));
  const ends = await Promise.all([run('apply', '--yes'), run('apply', '--yes', '--env', 'staging')]);
  expect(ends.map(({code, stderr}) => (code === 0 ? '' : stderr))).toEqual(['', '']);
  for (const proxy of [on('h1'), on('h2')]) {
    expect((await get(proxy, 'http://staging.example/')).body).toMatch(/^web /);
    expect((await get(proxy, 'http://plain.example/')).body).toMatch(/^web /);
    expect((await get(proxy, 'http://new.example/')).status).toBe(404);
  }
  const clash = await run('plan', '--env', 'clash');
  expect(clash.code).toBe(1);
  expect(clash.stderr).toMatch(/plain\.example\/api is served on h[12] for shop of test, environment default/);
  const {routes} = JSON.parse(await ok('route', 'ls', '--env', 'staging', '--json'));
  expect(routes).toMatchObject(
    ['h1', 'h2'].map(proxy => ({
      route: 'staging.example',
      proxy,
      state: 'running',
      replicas: [{health: 'healthy', share: 100}],
    })),
  );
});

test('certificates by ACME, from pebble', async () => {
  await Promise.all([lend(lab(), 'h3', '/usr/bin/pebble')]);
  const config = {
    pebble: {
      listenAddress: '0.0.0.0:14000',
      managementListenAddress: '0.0.0.0:15000',
      certificate: '/tmp/pebble.pem',
      privateKey: '/tmp/pebble.key',
      httpPort: 80,
      tlsPort: 443,
    },
  };
  const files = {
    'pebble.pem': readFileSync(join(project.directory, 'pebble.pem'), 'utf8'),
    'pebble.key': readFileSync(join(lab().scratch, 'pebble.key'), 'utf8'),
    'pebble.json': JSON.stringify(config),
  };
  for (const [name, content] of Object.entries(files))
    await lab().exec('h3', ['sh', '-c', `cat >/tmp/${name}`], content);
  await lab().sh(
    'h3',
    `echo '${on('h1')} auto.example' >>/etc/hosts; PEBBLE_VA_NOSLEEP=1 setsid pebble -config /tmp/pebble.json >/tmp/pebble.log 2>&1 </dev/null &`,
  );
  for (const host of ['h1', 'h2']) await lab().sh(host, `echo '${on('h3')} pebble.example' >>/etc/hosts`);
  await project.write('stack.yaml', stack(`${ROUTES}  - {host: auto.example, service: web, port: 8080}\n`));
  await ok('apply', '--yes');
  const answer = await until(
    () => getSecurely(on('h1'), 'auto.example'),
    ({status}) => status === 200,
    60,
  );
  expect(answer, await lab().sh('h3', 'tail -n 20 /tmp/pebble.log')).toMatchObject({
    status: 200,
    issuer: expect.stringMatching(/^Pebble/),
  });
});

test("a host's reboot brings its proxy back with its routes; with the last environment it goes", async () => {
  await lab().reboot('h2');
  expect(
    await until(
      () => get(on('h2'), 'http://staging.example/'),
      ({status}) => status === 200,
      60,
    ),
  ).toMatchObject({status: 200});
  await ok('destroy', '--yes', '--env', 'staging');
  expect((await get(on('h2'), 'http://staging.example/')).status).toBe(404);
  expect((await get(on('h2'), 'http://plain.example/')).status).toBe(200);
  await ok('destroy', '--yes');
  for (const host of ['h1', 'h2']) {
    expect(
      await lab().sh(
        host,
        'ctr -n niyanta containers ls -q; ls /var/lib/niyanta | grep -x proxy || :; ip -o link | grep -c " n[vy]" || :',
      ),
    ).toBe('0\n');
  }
});
