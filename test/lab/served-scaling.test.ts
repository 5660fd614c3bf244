import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {apiClient} from '../../src/engine/client/api-client.ts';
import {sendBundle} from '../../src/engine/client/environments.ts';
import {packProject} from '../../src/engine/pack-project.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';
import {get, lend} from './routing.ts';

const lab = sharedLab({hosts: 2});
const waits = {timeout: 120_000, interval: 200};

// Load comes and goes with files on the hosts, which all replicas see.
const burning =
  'while :; do if [ -e /load/cpu ]; then n=0; while [ $n -lt 1000 ]; do n=$((n + 1)); done; else sleep 0.2; fi; done';
const holding =
  'while :; do [ -e /load/memory ] && dd if=/dev/zero bs=20M count=1 2>/dev/null | while [ -e /load/memory ]; do sleep 0.2; done; sleep 0.2; done';
// A moment's dip on a busy machine is no reason to shrink.
const quick = 'window: 3s, cooldown: {up: 0s, down: 1s}';
const common = 'archive: ./busybox.tar, stop: {grace: 0s}, mounts: ["/load:/load:ro"]';

/** A stack each, so that they change at the same time. */
const stacks: Readonly<Record<string, string>> = {
  cpu: `services:
  burns: {${common}, command: [sh, -c, "${burning}"], resources: {cpu: 0.05, memory: 16Mi}, scale: {max: 3, cpu: 60, ${quick}}}
  rests: {${common}, command: [sh, -c, "${burning}"], resources: {cpu: 0.05, memory: 16Mi}, scale: {max: 3, cpu: 60, window: 0s, cooldown: {up: 1h}}}
`,
  memory: `services:
  holds: {${common}, command: [sh, -c, "${holding}"], resources: {cpu: 0.1, memory: 32Mi}, scale: {max: 2, memory: 40, ${quick}}}
`,
  requests: `services:
  answers: {archive: ./busybox.tar, stop: {grace: 0s}, command: [httpd, -f, -p, "8080", -h, /www], health: {tcp: {port: 8080}, interval: 200ms}, placement: {require: {host: h1}}, scale: {max: 2, requests: 3, ${quick}}}
routes:
  - {host: scaled.example, service: answers, port: 8080, tls: off}
`,
};

let project: TestProject;
let serve: ServedCoordinator;
let asking = true;
afterAll(() => {
  asking = false;
});
beforeAll(async () => {
  for (const host of ['h1', 'h2']) await lab().sh(host, 'mkdir /load && touch /load/cpu /load/memory');
  await lend(lab(), 'h1', '/usr/bin/caddy');
  const hosts = 'hosts: {h1: {labels: {proxy: "true"}}}\nproxy: {binary: /usr/bin/caddy}\n';
  const files = Object.fromEntries(
    Object.entries(stacks).map(([name, text]) => [
      `${name}.yaml`,
      `apiVersion: niyanta/v1\nkind: Stack\nname: ${name}\n${text}environments: {${name}: {}}\n`,
    ]),
  );
  project = await lab().project('', {...files, 'busybox.tar': await busyboxArchive()}, hosts);
  serve = await ServedCoordinator.startWith(project, join(lab().scratch, 'data'), {
    NIYANTA_STACKS_SCALE: '1s',
    NIYANTA_LOG_LEVEL: 'debug',
    // A silent host is not lost while the test lasts.
    NIYANTA_FAILURES_BEAT: '500ms',
    NIYANTA_FAILURES_SUSPECT: '2s',
    NIYANTA_FAILURES_LOST: '1h',
  });
});

const apply = async (name: string): Promise<void> => {
  const choice = {cwd: project.directory, env: {HOME: project.home}, files: [`${name}.yaml`], environment: name};
  const packed = await packProject(choice, {signal: AbortSignal.timeout(60_000), onBuild: () => {}});
  const client = apiClient({server: serve.address, key: serve.adminKey!});
  const {sha256: bundle} = await sendBundle(client, () => packed.tar(), {});
  await serve.ask('POST', '/v1/environments', {bundle});
};

/** `1 → 2` of a service, in order of time, with the reasons. */
const scalings = async (service: string): Promise<{readonly steps: string[]; readonly reasons: string[]}> => {
  const {items} = await serve.ask('GET', '/v1/audit?type=environment.scaled&limit=500');
  const own = items
    .map(({data}: {data: Record<string, unknown>}) => data)
    .filter((data: {service: string}) => data.service === service);
  return {
    steps: own.map(({from, to}: Record<string, unknown>) => `${from} → ${to}`),
    reasons: own.map(({reason}: {reason: string}) => reason),
  };
};
/** On which hosts its replicas run. */
const running = async (environment: string, service: string): Promise<string[]> => {
  const {replicas} = await serve.ask('GET', `/v1/environments/test.${environment}/replicas?service=${service}`);
  return replicas.flatMap(({state, host}: Record<string, string>) => (state === 'running' ? [host] : []));
};

async function load(): Promise<void> {
  while (asking) {
    await get(lab().host('h1').address, 'http://scaled.example/').catch(() => undefined);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

test('services that burn, hold, and answer get as many replicas as they need, and no more than they may', async () => {
  void load();
  await Promise.all(Object.keys(stacks).map(apply));
  await expect
    .poll(
      () =>
        running('cpu', 'burns')
          .then(on => on.length)
          .catch(() => 0),
      waits,
    )
    .toBe(3);
  await expect
    .poll(
      () =>
        running('memory', 'holds')
          .then(on => on.length)
          .catch(() => 0),
      waits,
    )
    .toBe(2);
  await expect
    .poll(
      () =>
        running('requests', 'answers')
          .then(on => on.length)
          .catch(() => 0),
      waits,
    )
    .toBe(2);
  expect(['1 → 2, 2 → 3', '1 → 3']).toContain((await scalings('burns')).steps.join(', '));
  expect((await scalings('burns')).reasons[0]).toMatch(/^cpu \d+(\.\d)? % of 60 % a replica: 1 → [23]$/);
  expect((await scalings('holds')).reasons).toEqual([
    expect.stringMatching(/^memory \d+(\.\d)? % of 40 % a replica: 1 → 2$/),
  ]);
  expect((await scalings('answers')).reasons).toEqual([
    expect.stringMatching(/^requests \d+(\.\d)?\/s of 3\/s a replica: 1 → 2$/),
  ]);
  // The same load, but its rest after the last change is not over.
  expect(await running('cpu', 'rests')).toHaveLength(1);
  expect(serve.log).toMatch(/cpu \d+(\.\d)? % of 60 % a replica: [23] wanted, in 3\d\d\ds/);
});

test('of a silent host nothing is known: its services keep what they have, and shrink when it is back', async () => {
  expect(await running('cpu', 'burns')).toContain('h2');
  await lab().partition('h2');
  await expect.poll(() => serve.log, waits).toMatch(/cpu of [12] of 3 replicas is not known/);
  for (const host of ['h1', 'h2']) await lab().sh(host, 'rm /load/cpu /load/memory');
  asking = false;
  await expect.poll(() => serve.log, waits).toMatch(/requests is not known: not counted yet by h2/);
  expect((await scalings('burns')).steps.at(-1)).toMatch(/→ 3$/);
  expect((await scalings('answers')).steps).toEqual(['1 → 2']);
  await lab().heal('h2');
  const numbers = () =>
    Promise.all([running('cpu', 'burns'), running('memory', 'holds'), running('requests', 'answers')]);
  await expect.poll(async () => (await numbers()).map(hosts => hosts.length).join(), waits).toBe('1,1,1');
  expect((await scalings('rests')).steps).toEqual([]);
  expect(await serve.end('SIGTERM')).toBe(0);
});
