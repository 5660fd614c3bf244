import {expect, test} from 'vitest';
import {LineNumbers} from '../../../../src/engine/runtime/workloads/attempt-log.ts';
import {parseAttempts} from '../../../../src/engine/runtime/workloads/attempts-on-host.ts';
import {percentOf} from '../../../../src/engine/runtime/workloads/checkpoint-tar.ts';
import {parseAttemptEvent} from '../../../../src/engine/runtime/workloads/follow-events.ts';
import {startFailure} from '../../../../src/engine/runtime/workloads/start-failure.ts';
import {OutsideError} from '../../../../src/engine/spec/errors.ts';
import {workload} from './sample-attempt.ts';

const key = {workload, attempt: 2};

test.each([
  [
    `end ${workload} 2 1763742000 0 0`,
    {...key, kind: 'end', end: {at: '2025-11-21T16:20:00.000Z', code: 0, oomKills: 0}},
  ],
  [`end ${workload} 2 1763742000 - 1`, {...key, kind: 'end', end: {at: '2025-11-21T16:20:00.000Z', oomKills: 1}}],
  [`gone ${workload} 2`, {...key, kind: 'gone'}],
  [`progress ${workload} 2 42.5`, {...key, kind: 'progress', percent: 42.5}],
  [`checkpoint ${workload} 2 12-34-56`, {...key, kind: 'checkpoint', mark: '12-34-56'}],
  [`progress ${workload} 2 142`, undefined],
  [`end ${workload} 2`, undefined],
  [`end nobody 2 1 0 0`, undefined],
  [`what ${workload} 2`, undefined],
  ['', undefined],
])('%s', (line, event) => expect(parseAttemptEvent(line)).toEqual(event));

test.each([
  ['42', 42],
  [' 7.5 %\n', 7.5],
  ['100', 100],
  ['0', 0],
  ['101', undefined],
  ['-1', undefined],
  ['half', undefined],
  ['1e2', undefined],
  ['', undefined],
])('a progress of %j is %j', (text, percent) => expect(percentOf(text)).toBe(percent));

test('what a host has of attempts, whoever they belong to', () => {
  const other = workload.replace('ab', 'cd');
  const said = [
    'now 1763742100',
    `age 1763742000 ${workload}/1`,
    `age 1763742100 ${workload}/2`,
    `owner ${workload}/1 abcdef`,
    `ended ${workload}/1 1763742050 3 0`,
    `owner ${workload}/2 abcdef`,
    `running ${workload}/2`,
    `owner ${other}/1 `,
    `gone ${other}/1`,
    'running ../../etc/1',
    `running ${workload}/2.aside`,
    '',
  ].join('\n');
  expect(parseAttempts(said)).toEqual([
    {
      workload,
      attempt: 1,
      owner: 'abcdef',
      state: 'ended',
      ageMs: 100_000,
      end: {at: '2025-11-21T16:20:50.000Z', code: 3, oomKills: 0},
    },
    {workload, attempt: 2, owner: 'abcdef', state: 'running', ageMs: 0},
    {workload: other, attempt: 1, state: 'gone', ageMs: 0},
  ]);
  expect(parseAttempts('')).toEqual([]);
});

const [t1, t2] = ['2026-01-31T12:00:00.000001Z', '2026-01-31T12:00:00.000002Z'];
const log = [
  `${t1} stdout F one`,
  `${t1} stderr F two`,
  `${t2} stdout P thr`,
  `${t2} stdout F ee`,
  'no line of the logger',
  `${t2} stdout F four`,
];
const read = (after?: string) => {
  const numbers = new LineNumbers(after);
  return log.flatMap(line => numbers.next(line) ?? []).map(({id, text}) => [id, text]);
};

test('lines have ids by which a reader goes on, also among those of one microsecond; parts are put together', () => {
  const all = [
    [`${t1}.0`, 'one'],
    [`${t1}.1`, 'two'],
    [`${t2}.1`, 'three'],
    [`${t2}.2`, 'four'],
  ];
  expect(read()).toEqual(all);
  for (const [index, [id]] of all.entries()) expect(read(id)).toEqual(all.slice(index + 1));
});

test('who goes on reads from the time of the last line on, and gets the same', () => {
  const numbers = new LineNumbers(`${t2}.1`);
  expect(
    log
      .slice(2)
      .flatMap(line => numbers.next(line) ?? [])
      .map(({text}) => text),
  ).toEqual(['four']);
});

const failed = (...lastLines: string[]) =>
  new OutsideError({code: 'command-failed', message: 'h1: could not start', host: 'h1', exitCode: 1, lastLines});
test.each([
  ['exec: "reprot": executable file not found in $PATH: unknown', {code: 'command-not-found', exitCode: 127}],
  ['exec: "/bin/x": stat /bin/x: no such file or directory: unknown', {code: 'command-not-found', exitCode: 127}],
  ['exec: "/etc/passwd": permission denied: unknown', {code: 'command-not-executable', exitCode: 126}],
  ['ctr: image "docker.io/library/a:1": not found', {code: 'image-gone', transient: true}],
  ['network: port 80/tcp of this host is published by shop-web', {code: 'port-taken', transient: true}],
  ['something else', {code: 'command-failed', transient: false}],
])('%s', (line, expected) => {
  expect(startFailure({image: {name: 'docker.io/library/a:1'}}, failed('x', line))).toMatchObject(expected);
});

test('a lost connection stays what it is', () => {
  const lost = new OutsideError({code: 'connection-lost', message: 'h1', transient: true});
  expect(startFailure({image: {name: 'a'}}, lost)).toBe(lost);
});
