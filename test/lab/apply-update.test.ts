import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {containerLog} from './harness/container-log.ts';
import {inContainer} from './harness/in-container.ts';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});
const http = '[httpd, -f, -p, "8080", -h, /www]';
const health = 'health: {http: {port: 8080, path: /}, interval: 1s}';
const head = 'apiVersion: niyanta/v1\nkind: Stack\nname: shop\nservices:\n';

/** The orders of the plan that is saved, which `--json` does not tell. */
async function orders(project: TestProject): Promise<unknown[]> {
  const plan = await project.niyanta(['plan', '-o', 'plan.json']);
  expect(plan.code, plan.stderr).toBe(0);
  const saved = JSON.parse(await readFile(join(project.directory, 'plan.json'), 'utf8'));
  return saved.plan.operations.flatMap(({kind, order}: {kind: string; order: string}) =>
    kind === 'container' ? [order] : [],
  );
}

const idsOf = async (service: string): Promise<string[]> =>
  (await runningOn(lab(), 'h1')).filter(id => id.startsWith(`shop-default-${service}-`));

async function applied(project: TestProject, env: Record<string, string> = {}): Promise<string> {
  const done = await project.niyanta(['apply', '--yes'], {env});
  expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
  const plan = await project.niyanta(['plan', '--json'], {env});
  expect(plan.json.operations).toEqual([]);
  return done.stderr;
}

async function destroyed(project: TestProject): Promise<void> {
  const done = await project.niyanta(['destroy', '--yes']);
  expect(done.code, done.stderr).toBe(0);
  expect(await containersOn(lab(), 'h1')).toEqual([]);
}

describe('a rolling update that starts first', () => {
  const stack = (web: string) => `${head}  web:
    replicas: 2
    command: ${http}
    ${health}
    stop: {grace: 1s}
${web}  poller:
    archive: ./one.tar
    needs: [web]
    # perl of the host: busybox-static cannot look names up.
    mounts: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro"]
    command:
      - /usr/bin/perl
      - -MIO::Socket::INET
      - -e
      - |
        $| = 1;
        while (1) {
          my $s = IO::Socket::INET->new(PeerAddr => "web:8080", Timeout => 2);
          print $s "GET / HTTP/1.0\\r\\n\\r\\n" if $s;
          my @lines = $s ? <$s> : ();
          print @lines ? $lines[-1] : "FAILED: $@ $!\\n";
          select undef, undef, undef, 0.02;
        }
    stop: {grace: 1s}
`;
  let project: TestProject;
  let poller: string;
  beforeAll(async () => {
    project = await lab().project(stack('    archive: ./one.tar\n'), {
      'one.tar': await busyboxArchive({files: {'/www/index.html': 'one\n'}}),
      'two.tar': await busyboxArchive({files: {'/www/index.html': 'two\n'}}),
    });
    await applied(project);
    [poller = ''] = await idsOf('poller');
  });

  test('of an image with one changed layer is never noticed by its callers, and sends that layer alone', async () => {
    await project.write('stack.yaml', stack('    archive: ./two.tar\n'));
    const plan = await project.niyanta(['plan', '--json']);
    expect(plan.json.bytes).toBeLessThan(20_000);
    const before = await idsOf('web');
    await applied(project);
    const after = await idsOf('web');
    expect(after).toHaveLength(2);
    expect(after.filter(id => before.includes(id))).toEqual([]);
    await expect.poll(async () => (await containerLog(lab(), 'h1', poller)).at(-1)).toBe('two');
    const lines = await containerLog(lab(), 'h1', poller);
    expect([...new Set(lines)]).toEqual(['one', 'two']);
    expect(await idsOf('poller')).toEqual([poller]);
  });

  test('of its environment and of its command replaces every replica, and nothing else', async () => {
    for (const change of [
      '    archive: ./two.tar\n    env: {COLOUR: green}\n',
      '    archive: ./two.tar\n    env: {COLOUR: green}\n    labels: {team: red}\n    workdir: /tmp\n',
    ]) {
      const before = await idsOf('web');
      await project.write('stack.yaml', stack(change));
      await applied(project);
      const after = await idsOf('web');
      expect(after.filter(id => before.includes(id))).toEqual([]);
      expect(await idsOf('poller')).toEqual([poller]);
    }
    expect([...new Set(await containerLog(lab(), 'h1', poller))]).toEqual(['one', 'two']);
  });

  test('of its health check alone restarts nothing', async () => {
    const pids = 'ctr -n niyanta tasks ls | sort';
    const before = await lab().sh('h1', pids);
    const now = await idsOf('web');
    await project.write(
      'stack.yaml',
      stack('    archive: ./two.tar\n    env: {COLOUR: green}\n    labels: {team: red}\n    workdir: /tmp\n').replace(
        'interval: 1s',
        'interval: 2s',
      ),
    );
    const plan = await project.niyanta(['plan']);
    expect(plan.stdout).toContain('2 to update');
    await applied(project);
    expect(await idsOf('web')).toEqual(now);
    expect(await lab().sh('h1', pids)).toBe(before);
    await destroyed(project);
  });
});

describe('the window of an update', () => {
  const stack = (update: string, colour: string) => `${head}  web:
    archive: ./one.tar
    replicas: 3
    command: ${http}
    env: {COLOUR: ${colour}}
    ${health}
    update: ${update}
    stop: {grace: 500ms}
`;
  let project: TestProject;
  beforeEach(async () => {
    project = await lab().project(stack('{}', 'red'), {'one.tar': await busyboxArchive()});
    await applied(project);
  });

  test.each([
    ['maxSurge 1 takes one after the other', '{maxSurge: 1}', 1, 'start-first'],
    ['maxSurge 2 takes two at once', '{maxSurge: 2}', 2, 'start-first'],
    ['maxSurge 0 and maxUnavailable 2 stop two at once', '{maxSurge: 0, maxUnavailable: 2}', 2, 'stop-first'],
  ])('%s', async (_, update, most, order) => {
    await project.write('stack.yaml', stack(update, 'blue'));
    expect(await orders(project)).toEqual([order, order, order]);
    const done = await project.niyanta(['apply', '--yes', '--json']);
    expect(done.code, done.stdout).toBe(0);
    let now = 0;
    let highest = 0;
    for (const {type, operation} of done.jsonLines) {
      if (!String(operation).includes(':web-')) continue;
      if (type === 'operation-started') highest = Math.max(highest, ++now);
      if (type === 'operation-finished') now--;
    }
    expect(highest).toBe(most);
    expect(await idsOf('web')).toHaveLength(3);
    await destroyed(project);
  });

  test('recreate stops every old one before any new one starts', async () => {
    await project.write('stack.yaml', stack('{strategy: recreate}', 'blue'));
    const done = await project.niyanta(['apply', '--yes', '--json']);
    expect(done.code).toBe(0);
    const order = done.jsonLines.flatMap(({type, operation}) =>
      type === 'operation-finished' && String(operation).includes(':web-')
        ? [String(operation).includes(':remove:') ? 'stopped' : 'started']
        : [],
    );
    expect(order).toEqual(['stopped', 'stopped', 'stopped', 'started', 'started', 'started']);
    expect(await idsOf('web')).toHaveLength(3);
    await destroyed(project);
  });
});

describe('an update that cannot start first', () => {
  const stack = (colour: string) => `${head}  front:
    archive: ./one.tar
    command: ${http}
    ports: ["8081:8080"]
    env: {COLOUR: ${colour}}
    ${health}
    stop: {grace: 500ms}
  keeper:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    volumes: ["data:/data"]
    stop: {grace: 500ms}
volumes: {data: {}}
`;

  test('stops first for a published port and for a volume, and says how long and why', async () => {
    const project = await lab().project(stack('red'), {'one.tar': await busyboxArchive()});
    await applied(project);
    const [keeper = ''] = await idsOf('keeper');
    await lab().sh('h1', inContainer(keeper, 'sh', '-c', 'echo kept >/data/note'));
    await project.write('stack.yaml', stack('blue'));
    expect(await orders(project)).toEqual(['stop-first', 'stop-first']);
    const plan = await project.niyanta(['plan', '--json']);
    expect(plan.json.interruption).toEqual([
      {
        service: 'front',
        expectedMs: expect.any(Number),
        atMostMs: expect.any(Number),
        because: expect.stringContaining('port 8081'),
      },
      {
        service: 'keeper',
        expectedMs: expect.any(Number),
        atMostMs: expect.any(Number),
        because: expect.stringContaining('volume data'),
      },
    ]);
    await applied(project);
    const page = await lab().sh('h1', `busybox wget -qO- http://${lab().host('h1').address}:8081/`);
    expect(page).toBe('hello\n');
    const [now = ''] = await idsOf('keeper');
    expect(now).not.toBe(keeper);
    expect(await lab().sh('h1', inContainer(now, 'cat', '/data/note'))).toBe('kept\n');
    await destroyed(project);
  });
});

describe('a secret', () => {
  const stack = `${head}  user:
    archive: ./one.tar
    env: {URL: "postgres://app:\${secret:token}@db/app"}
    stop: {grace: 500ms}
  other:
    archive: ./one.tar
    stop: {grace: 500ms}
`;

  test('that changes replaces only who uses it, and is shown masked', async () => {
    const project = await lab().project(stack, {'one.tar': await busyboxArchive()});
    await applied(project, {NIYANTA_SECRET_TOKEN: 'first-value-x1'});
    const [user, other] = [await idsOf('user'), await idsOf('other')];
    const env = {NIYANTA_SECRET_TOKEN: 'second-value-y2'};
    const plan = await project.niyanta(['plan'], {env});
    expect(plan.stdout).toContain('secret');
    expect(plan.stdout).not.toMatch(/first-value|second-value/);
    expect(plan.stdout).toContain('1 to replace');
    await applied(project, env);
    expect(await idsOf('other')).toEqual(other);
    const [now = ''] = await idsOf('user');
    expect([now]).not.toEqual(user);
    const url = await lab().sh('h1', inContainer(now, 'sh', '-c', 'echo $URL'));
    expect(url).toBe('postgres://app:second-value-y2@db/app\n');
  });
});
