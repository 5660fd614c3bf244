import {once} from 'node:events';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: seen
services:
  hog:
    archive: ./web.tar
    command: [sh, -c, "sleep 1; x=a; while :; do x=$x$x; done"]
    resources: {memory: 16Mi}
    placement: {require: {host: h1}}
  talk:
    archive: ./web.tar
    entrypoint: [/bin/sh, -c]
    command: ["i=0; while :; do i=$((i+1)); echo line $i of a log that is turned over soon; usleep 20000; done"]
    replicas: 2
    logs: {maxSize: 32Ki, maxFiles: 2}
    placement: {spread: host}
    stop: {grace: 0s}
`;

let project: TestProject;
beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  const applied = await project.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
});

/** A command that goes on, with what it printed. */
function following(args: readonly string[]) {
  const child = project.start(args);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', chunk => (stdout += chunk));
  child.stderr!.on('data', chunk => (stderr += chunk));
  const ended = once(child, 'close');
  return {
    // biome-ignore lint/suspicious/noExplicitAny: what is in a line is what the test finds out.
    lines: (): any[] =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line)),
    told: () => stderr,
    async stop() {
      child.kill('SIGINT');
      return (await ended)[0] as number;
    },
  };
}

const soon = {timeout: 30_000, interval: 200};

test('lost connections cost no line of a log and no event; the kernel is named where it ended something', async () => {
  const logs = following(['logs', 'talk', '-f', '--tail', '1', '--json']);
  const events = following(['events', '-f', '--json']);
  const killed = {
    type: 'replica-exited',
    host: 'h1',
    service: 'hog',
    code: 137,
    reason: 'ended by the kernel: out of memory, limit 16 MiB',
  };
  await vi.waitFor(() => expect(events.lines()).toContainEqual(expect.objectContaining(killed)), soon);
  await vi.waitFor(() => expect(logs.lines().length).toBeGreaterThan(10), soon);
  await lab().sh('h1', 'pkill -KILL sshd');
  const back = 'h1 answers again';
  await vi.waitFor(() => {
    expect(logs.told()).toContain(back);
    expect(events.told()).toContain(back);
  }, soon);
  const count = events.lines().length;
  await vi.waitFor(() => {
    const later = events.lines().slice(count);
    expect(later).toContainEqual(expect.objectContaining({type: 'replica-restarted', service: 'hog'}));
    expect(later).toContainEqual(expect.objectContaining(killed));
  }, soon);
  expect(await logs.stop()).toBe(130);
  expect(await events.stop()).toBe(130);
  for (const replica of [1, 2]) {
    const numbers = logs.lines().flatMap(({replica: of, text}) => (of === replica ? [Number(text.split(' ')[1])] : []));
    expect(numbers.length).toBeGreaterThan(50);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
  }
  // Starts and ends take turns: none is missing, none is told twice.
  const own = events.lines().filter(({service, type}) => service === 'hog' && /restarted|exited/.test(type));
  expect(own.every(({type}, i) => i === 0 || type !== own[i - 1].type)).toBe(true);
});

describe('what is seen at a glance', () => {
  test('ps names the reason of an end; a failed apply too', async () => {
    const {replicas} = (await project.niyanta(['ps', 'hog', '--json'])).json;
    expect(replicas[0].ended).toMatchObject({
      code: 137,
      oomKills: 1,
      reason: 'ended by the kernel: out of memory, limit 16 MiB',
    });
    expect((await project.niyanta(['ps'])).stdout).toMatch(/hog 1 ended .* ago: ended by the kernel: out of memory/);
    await project.write(
      'bad.yaml',
      `${stack}  bad:\n    archive: ./web.tar\n    command: [sh, -c, nothing-of-that-name]\n`,
    );
    const failed = await project.niyanta(['apply', '-f', 'bad.yaml', '--yes', '--target', 'bad']);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain('ended right after it started: exit 127: command not found');
  });

  test('stats and top print cores and bytes of replicas on all hosts', async () => {
    const {replicas, unreachable} = (await project.niyanta(['stats', 'talk', '--json'])).json;
    expect(unreachable).toEqual([]);
    expect(replicas.map(({host}: {host: string}) => host).sort()).toEqual(['h1', 'h2']);
    for (const row of replicas) {
      expect(row).toMatchObject({service: 'talk', state: 'running', restarts: 0, oomKills: 0});
      expect(row.memory).toBeGreaterThan(50_000);
      expect(row.cpu).toBeGreaterThan(0);
    }
    expect((await project.niyanta(['top', 'talk'])).stdout).toMatch(
      /2 of 2 replicas run, .*\n\nSERVICE +# +HOST +STATE +CPU +MEMORY/,
    );
  });

  test('logs are kept as small as the service says', async () => {
    const sizes = await lab().sh('h2', 'cd /var/lib/niyanta/logs; stat -c "%s %n" *talk*.log*');
    const bytes = sizes
      .trim()
      .split('\n')
      .map(line => Number(line.split(' ')[0]));
    expect(bytes).toHaveLength(2);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(32 * 1024);
  });
});

test('a Compose file becomes a stack that runs', async () => {
  const compose = `# A page and who reads it
services:
  web_page:
    image: busybox
    entrypoint: ["/bin/sh", "-c"]
    command: ["mkdir -p /tmp/www; echo $$GREETING >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]
    environment: [GREETING=hello]
    healthcheck: {test: wget -q -O - http://127.0.0.1:8080/, interval: 1s}
    restart: always
    deploy: {resources: {limits: {memory: 32M}}}
  reader:
    image: busybox
    depends_on: {web_page: {condition: service_healthy}}
    command: sh -c "wget -q -O - $$URL; exec sleep 1000"
    environment: {URL: "http://web_page:8080/"}
    restart: unless-stopped
    privileged: true
`;
  // Images of the lab come from archives, since it has no registry.
  const archives = `apiVersion: niyanta/v1
kind: Stack
name: pages
services:
  web-page: {image: null, archive: ./web.tar}
  reader: {image: null, archive: ./web.tar, stop: {grace: 0s}}
`;
  const own = await lab().project('', {
    'web.tar': await busyboxArchive(),
    'compose.yaml': `name: pages\n${compose}`,
    'own.yaml': archives,
  });
  const refused = await own.niyanta(['import', 'compose', '-o', 'stack.yaml']);
  expect(refused.stderr).toContain('stack.yaml exists already');
  const imported = await own.niyanta(['import', 'compose', '-o', 'stack.yaml', '--force', '--json']);
  expect(imported.code, imported.stderr).toBe(0);
  expect(imported.json).toMatchObject({
    name: 'pages',
    services: ['web-page', 'reader'],
    written: 'stack.yaml',
    problems: [],
  });
  expect(imported.json.notes).toContainEqual(
    expect.objectContaining({kind: 'lost', path: 'services.reader.privileged', file: 'compose.yaml', line: 18}),
  );
  const applied = await own.niyanta(['apply', '-f', 'stack.yaml', '-f', 'own.yaml', '--env', 'pages', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
  await vi.waitFor(async () => {
    expect((await own.niyanta(['logs', 'reader', '--env', 'pages'])).stdout).toContain('hello');
  }, soon);
});
