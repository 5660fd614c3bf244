import fc from 'fast-check';
import {expect, test} from 'vitest';
import {render} from '../../../src/engine/hosts/command.ts';
import {execCommand} from '../../../src/engine/runtime/exec.ts';
import {afterCheck, unknownHealth} from '../../../src/engine/runtime/health-tracker.ts';
import {LineJoiner} from '../../../src/engine/runtime/join-log-lines.ts';
import {type LogLine, parseFollowHeader, parseLogLine} from '../../../src/engine/runtime/logs.ts';
import {mergeLogs} from '../../../src/engine/runtime/merge-logs.ts';
import {parseUsage} from '../../../src/engine/runtime/stats.ts';
import {record} from './recorder.ts';

const at = '2026-11-21T08:24:00.988506Z';

test.each<[string, LogLine | undefined]>([
  [`${at} stdout F hello there`, {at, stream: 'stdout', text: 'hello there', partial: false}],
  [`${at} stderr P begun`, {at, stream: 'stderr', text: 'begun', partial: true}],
  [`${at} stdout F `, {at, stream: 'stdout', text: '', partial: false}],
  [`${at} stdout F a\rb\u2028c`, {at, stream: 'stdout', text: 'a\rb\u2028c', partial: false}],
  [`${at} stdout F`, undefined],
  [`${at} stdin F x`, undefined],
  ['', undefined],
  ['==> a.log <==', undefined],
])('the line %j of a log', (line, expected) => {
  expect(parseLogLine(line)).toEqual(expected);
});

test('headers between the lines of several containers', () => {
  expect(parseFollowHeader('==> shop-default-web-1-abcdef.log <==')).toBe('shop-default-web-1-abcdef');
  expect(parseFollowHeader(`${at} stdout F ==> a.log <==`)).toBeUndefined();
});

test('parts of lines are put together, each stream for itself', () => {
  const joiner = new LineJoiner();
  const part = (stream: LogLine['stream'], text: string, partial: boolean, time = at) => ({
    at: time,
    stream,
    text,
    partial,
  });
  expect(joiner.feed(part('stdout', 'a', true))).toBeUndefined();
  expect(joiner.feed(part('stderr', 'x', false))).toMatchObject({stream: 'stderr', text: 'x'});
  expect(joiner.feed(part('stdout', 'b', false, 'later'))).toEqual(part('stdout', 'ab', false));
  joiner.feed(part('stdout', 'rest', true));
  expect(joiner.rest().map(({text}) => text)).toEqual(['rest']);
  expect(joiner.rest()).toEqual([]);
});

test('merged logs are in order of time, and those of one container in their own', async () => {
  const log = (source: string) =>
    fc.array(fc.integer({min: 0, max: 20}), {maxLength: 30}).map(times =>
      [...times]
        .sort((a, b) => a - b)
        .map((time, index) => ({
          source,
          at: `2026-11-21T08:00:${String(time).padStart(2, '0')}.000000Z`,
          stream: 'stdout' as const,
          text: String(index),
          partial: false,
        })),
    );
  async function* streamed<T>(list: readonly T[]): AsyncGenerator<T> {
    yield* list;
  }
  await fc.assert(
    fc.asyncProperty(log('a'), log('b'), log('c'), async (...logs) => {
      const merged: (typeof logs)[number][number][] = [];
      for await (const record of mergeLogs(logs.map(streamed))) merged.push(record);
      expect(merged.map(line => line.at)).toEqual(
        logs
          .flat()
          .map(line => line.at)
          .sort(),
      );
      for (const [index, source] of ['a', 'b', 'c'].entries())
        expect(merged.filter(line => line.source === source)).toEqual(logs[index]);
    }),
  );
});

const v1 = `/sys/fs/cgroup/memory/niyanta/web-1/memory.usage_in_bytes 8192000
/sys/fs/cgroup/memory/niyanta/free-1/memory.usage_in_bytes 4096
/sys/fs/cgroup/memory/niyanta/web-1/memory.limit_in_bytes 67108864
/sys/fs/cgroup/memory/niyanta/free-1/memory.limit_in_bytes 9223372036854771712
/sys/fs/cgroup/memory/niyanta/web-1/memory.stat cache 4096000
/sys/fs/cgroup/memory/niyanta/web-1/memory.stat total_inactive_file 1192000
/sys/fs/cgroup/memory/niyanta/free-1/memory.stat total_inactive_file 8192
/sys/fs/cgroup/memory/niyanta/web-1/memory.oom_control oom_kill_disable 0
/sys/fs/cgroup/memory/niyanta/web-1/memory.oom_control oom_kill 2
/sys/fs/cgroup/cpuacct/niyanta/web-1/cpuacct.usage 1500000000
/sys/fs/cgroup/cpuacct/niyanta/free-1/cpuacct.usage 0`;
const v2 = `/sys/fs/cgroup/niyanta/web-1/memory.current 8192000
/sys/fs/cgroup/niyanta/free-1/memory.current 4096
/sys/fs/cgroup/niyanta/web-1/memory.max 67108864
/sys/fs/cgroup/niyanta/free-1/memory.max max
/sys/fs/cgroup/niyanta/web-1/memory.stat anon 7000000
/sys/fs/cgroup/niyanta/web-1/memory.stat inactive_file 1192000
/sys/fs/cgroup/niyanta/free-1/memory.stat inactive_file 8192
/sys/fs/cgroup/niyanta/web-1/memory.events low 0
/sys/fs/cgroup/niyanta/web-1/memory.events oom_kill 2
/sys/fs/cgroup/niyanta/web-1/cpu.stat usage_usec 1500000
/sys/fs/cgroup/niyanta/free-1/cpu.stat usage_usec 0`;
test.each([
  ['v1', v1],
  ['v2', v2],
])('what containers use, from cgroup %s', (_, printed) => {
  expect(parseUsage(printed)).toEqual(
    new Map([
      ['web-1', {cpuSeconds: 1.5, memory: 7_000_000, memoryLimit: 67108864, oomKills: 2}],
      ['free-1', {cpuSeconds: 0, memory: 0, oomKills: 0}],
    ]),
  );
  expect(parseUsage('')).toEqual(new Map());
});

const rules = {retries: 3, startPeriodMs: 1000};
test.each<[string, [healthy: boolean, ageMs: number][], string, number]>([
  ['nothing known', [], 'starting', 0],
  ['one success', [[true, 0]], 'healthy', 0],
  [
    'failures in the start period do not count',
    [
      [false, 1],
      [false, 500],
      [false, 999],
    ],
    'starting',
    0,
  ],
  [
    'failures after it count',
    [
      [false, 999],
      [false, 1000],
      [false, 1001],
    ],
    'starting',
    2,
  ],
  [
    'so many in a row are unhealthy',
    [
      [false, 1000],
      [false, 1001],
      [false, 1002],
    ],
    'unhealthy',
    3,
  ],
  [
    'a success begins anew',
    [
      [false, 1000],
      [false, 1001],
      [true, 1002],
      [false, 1003],
    ],
    'healthy',
    1,
  ],
  [
    'once healthy, the start period is over',
    [
      [true, 1],
      [false, 2],
      [false, 3],
      [false, 4],
    ],
    'unhealthy',
    3,
  ],
  [
    'it may recover',
    [
      [false, 2000],
      [false, 2001],
      [false, 2002],
      [true, 2003],
    ],
    'healthy',
    0,
  ],
])('health after: %s', (_, checks, verdict, failures) => {
  const state = checks.reduce(
    (before, [healthy, ageMs]) => afterCheck(before, {healthy, detail: ''}, ageMs, rules),
    unknownHealth,
  );
  expect(state).toEqual({verdict, failures});
});

test('a command in a container arrives word by word, with its flags and a name of its own', async () => {
  const words = ['sh', '-c', `echo "$1" 'x'`, '', '--flag'];
  const plain = render(execCommand('web-1', words, {name: 'n', user: '1000', workdir: '/a b', terminal: true}));
  await record(plain, async ({code, calls}) => {
    expect(code).toBe(0);
    expect(calls[0]!.map(word => word.replace(/^n-\d+$/, 'n-PID'))).toEqual([
      'ctr',
      '--namespace',
      'niyanta',
      'tasks',
      'exec',
      '--exec-id',
      'n-PID',
      '--tty',
      '--user',
      '1000',
      '--cwd',
      '/a b',
      'web-1',
      ...words,
    ]);
  });
  const limited = render(execCommand('web-1', words, {name: 'n', timeoutMs: 1500}));
  await record(limited, async ({code, calls}) => {
    expect(code).toBe(0);
    expect(calls).toHaveLength(1);
    expect(calls[0]!.slice(-6)).toEqual(['web-1', ...words]);
  });
  expect(limited).toContain(' 1.5 web-1 ');
});
