import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {checkHealth} from '../../src/engine/runtime/health-check.ts';
import {LineJoiner} from '../../src/engine/runtime/join-log-lines.ts';
import {parseLogLine, readLog} from '../../src/engine/runtime/logs.ts';
import {parseUsage, usageCommand} from '../../src/engine/runtime/stats.ts';
import {sharedLab} from './harness/index.ts';
import {RuntimeHost} from './harness/runtime-host.ts';

const lab = sharedLab({hosts: 3, release: 'mixed'});

describe.each(['h1', 'h2', 'h3'])('on %s', name => {
  let host: RuntimeHost;
  beforeAll(async () => {
    host = await RuntimeHost.ready(lab(), name);
  });
  afterEach(() => host.clear());

  test('each line has its time and stream, also without an end, and nothing is lost when the process ends', async () => {
    const lines = 3000;
    const began = Date.now();
    const spec = await host.create('talker', {
      restart: 'never',
      command: [
        'sh',
        '-c',
        `echo out; echo err >&2; i=0; while [ $i -lt ${lines} ]; do echo line $i; i=$((i + 1)); done; printf last`,
      ],
    });
    await expect.poll(() => host.log(spec.id), {timeout: 20_000}).toHaveLength(lines + 3);
    const {stdout} = await host.connection.run(readLog(spec.id, {}));
    const parsed = stdout
      .trimEnd()
      .split('\n')
      .map(line => parseLogLine(line)!);
    expect(parsed.filter(({stream}) => stream === 'stderr').map(({text}) => text)).toEqual(['err']);
    const said = parsed.filter(({stream}) => stream === 'stdout').map(({text}) => text);
    expect(said).toEqual(['out', ...Array.from({length: lines}, (_, i) => `line ${i}`), 'last']);
    const times = parsed.map(({at}) => Date.parse(at));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(began - 1000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const tail = await host.connection.run(readLog(spec.id, {tail: 2}));
    expect(tail.stdout.trimEnd().split('\n')).toHaveLength(2);
    const later = await host.connection.run(readLog(spec.id, {since: parsed[1500]!.at}));
    expect(later.stdout.split('\n')[0]).toBe(stdout.split('\n').find(line => line.startsWith(parsed[1500]!.at)));
  });

  test('a log that someone removed begins anew', async () => {
    const spec = await host.create('removed', {
      command: ['sh', '-c', 'i=0; while :; do echo line $i; i=$((i + 1)); sleep 0.1; done'],
    });
    await expect.poll(() => host.log(spec.id), {timeout: 10_000}).toContain('stdout F line 0');
    await host.sh(`rm /var/lib/niyanta/logs/${spec.id}.log`);
    await expect.poll(() => host.log(spec.id).catch(() => []), {timeout: 10_000}).not.toHaveLength(0);
    expect(await host.log(spec.id)).not.toContain('stdout F line 0');
  });

  test('a long line and a prompt are shown in parts that fit together', async () => {
    const spec = await host.create('long', {
      command: [
        'sh',
        '-c',
        `i=0; while [ $i -lt 9000 ]; do printf 'é🦭'; i=$((i + 1)); done; echo; printf 'name? '; sleep 1; echo bob; exec sleep 999`,
      ],
    });
    await expect.poll(async () => (await host.log(spec.id)).at(-1), {timeout: 10_000}).toBe('stdout F bob');
    const {stdout} = await host.connection.run(readLog(spec.id, {}));
    const joiner = new LineJoiner();
    const whole = stdout
      .trimEnd()
      .split('\n')
      .flatMap(line => joiner.feed(parseLogLine(line)!)?.text ?? []);
    expect(whole).toEqual(['é🦭'.repeat(9000), 'name? bob']);
  });

  test('health by exec, http and tcp, and what it uses', async () => {
    const spec = await host.create('web', {
      command: ['httpd', '-f', '-p', '8080', '-h', '/www'],
      resources: {memory: 32 << 20},
    });
    const check = (what: Parameters<typeof checkHealth>[1]['check']) =>
      checkHealth(host.connection, {id: spec.id, address: spec.network.address, check: what, timeoutMs: 1000});
    await expect.poll(() => check({kind: 'tcp', port: 8080})).toMatchObject({healthy: true});
    expect(await check({kind: 'tcp', port: 8081})).toMatchObject({healthy: false});
    expect(await check({kind: 'http', port: 8080, path: '/'})).toEqual({healthy: true, detail: 'GET / answers 200'});
    expect(await check({kind: 'http', port: 8080, path: '/none'})).toEqual({
      healthy: false,
      detail: 'GET /none answers 404',
    });
    expect(await check({kind: 'exec', command: ['true']})).toMatchObject({healthy: true});
    expect(await check({kind: 'exec', command: ['sh', '-c', 'echo no >&2; exit 4']})).toEqual({
      healthy: false,
      detail: 'exits with 4: no',
    });
    expect(await check({kind: 'exec', command: ['sleep', '60']})).toMatchObject({healthy: false});
    await expect.poll(() => host.inside(spec.id, 'ps')).not.toContain('sleep 60');
    const usage = parseUsage((await host.connection.run(usageCommand)).stdout).get(spec.id);
    expect(usage).toMatchObject({memoryLimit: 32 << 20, cpuSeconds: expect.any(Number)});
    expect(usage!.memory).toBeGreaterThan(10_000);
  });
});

describe('the log of a container', () => {
  let host: RuntimeHost;
  beforeAll(async () => {
    host = await RuntimeHost.ready(lab(), 'h1');
  });
  afterEach(() => host.clear());

  test('turns over at 10 MB, keeps four files, and is read over all of them in order', async () => {
    const line = 'x'.repeat(990);
    const spec = await host.create('big', {
      restart: 'never',
      command: ['sh', '-c', `for i in $(seq 1 52000); do echo "$i ${line}"; done`],
    });
    await expect.poll(() => host.see(spec.id), {timeout: 60_000}).toMatchObject({task: 'stopped', exitCode: 0});
    const sizes = `cd /var/lib/niyanta/logs; tail -n 1 ${spec.id}.log | cut -d ' ' -f 4; stat -c %s ${spec.id}.log*`;
    await expect.poll(async () => (await host.sh(sizes)).split('\n')[0]).toBe('52000');
    const [, ...bytes] = (await host.sh(sizes)).split('\n').map(Number);
    expect(bytes).toHaveLength(4);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(10 * 1024 * 1024);
    expect(bytes.filter(size => size > 9.9 * 1024 * 1024)).toHaveLength(3);
    const numbers = await host.sh(
      `cd /var/lib/niyanta/logs; for n in .3 .2 .1 ''; do cut -d ' ' -f 4 ${spec.id}.log$n; done`,
    );
    const kept = numbers.split('\n').map(Number);
    expect(kept).toEqual(Array.from({length: kept.length}, (_, i) => 52000 - kept.length + 1 + i));
    const read = await host.connection.run(readLog(spec.id, {tail: 25_000}));
    expect(read.stdout.split('\n')[0]).toMatch(/^\S+ stdout F 27001 x/);
  });

  test('that cannot be written, since the disk is full, does not hold up the container', async () => {
    await host.sh('mount -t tmpfs -o size=64k tmpfs /var/lib/niyanta/logs');
    try {
      const spec = await host.create('full', {
        restart: 'never',
        command: ['sh', '-c', 'for i in $(seq 1 9000); do echo "$i and some more text for a pipe to be full"; done'],
      });
      await expect.poll(() => host.see(spec.id), {timeout: 20_000}).toMatchObject({task: 'stopped', exitCode: 0});
      await host.remove(spec.id);
    } finally {
      await host.sh('umount -l /var/lib/niyanta/logs');
    }
  });
});
