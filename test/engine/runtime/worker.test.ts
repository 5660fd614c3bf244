import {spawn} from 'node:child_process';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Command, render} from '../../../src/engine/hosts/command.ts';
import type {Connection, RemoteProcess} from '../../../src/engine/hosts/connection.ts';
import {raising} from '../../../src/engine/runtime/fence-commands.ts';
import {HostWorker} from '../../../src/engine/runtime/host-worker.ts';
import {fencesFolder} from '../../../src/engine/runtime/paths.ts';
import {WorkerAnswers} from '../../../src/engine/runtime/worker-answers.ts';
import {preparing} from '../../../src/engine/runtime/worker-script.ts';

let folder: string;
let started: RemoteProcess[];
const fence = {scope: 'shop.default', number: 7, holder: 'lease-7'};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-worker-'));
  started = [];
  await mkdir(join(folder, 'fences'));
  await writeFile(join(folder, 'fences', 'shop.default'), '7 lease-7\n');
  await writeFile(join(folder, 'fences', 'shop.default.lock'), '');
});
afterEach(async () => {
  for (const {stdin} of started) stdin.end();
  await Promise.allSettled(started.map(({exit}) => exit));
  await rm(folder, {recursive: true, force: true});
});

const moved = (command: Command) =>
  render(command).replaceAll(fencesFolder, join(folder, 'fences')).replaceAll('/run/niyanta', join(folder, 'run'));

/** A connection whose host is this machine: the worker, its shells and its locks are real. */
const here = {
  host: 'h1',
  async spawn(command: Command): Promise<RemoteProcess> {
    const child = spawn('/bin/sh', ['-c', moved(command)], {stdio: 'pipe', detached: true});
    const exit = new Promise<{code: number}>(resolve => child.on('close', code => resolve({code: code ?? 128})));
    const kill = () => process.kill(-child.pid!, 'SIGKILL');
    const started_ = {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exit,
      kill,
      resize: () => undefined,
    };
    started.push(started_);
    return started_;
  },
} as unknown as Connection;

const hostWorker = () => new HostWorker(here, fence);
const text = (body: string) => ({what: 'try', text: body.replaceAll('$F', folder)});
const now = {timeoutMs: 20_000};
const read = (name: string) => readFile(join(folder, name), 'utf8');

test('each script has its own end: its code, and what it said on both streams', async () => {
  const worker = hostWorker();
  const ends = await Promise.all([
    worker.run(text('echo one; echo oops >&2; exit 3'), now),
    worker.run(text(`cat <<'end'\nit's "ü"\nend`), now),
    worker.run(text('kill -9 $$'), now),
    worker.run(text('cat; echo nothing to read'), now),
  ]);
  expect(ends).toEqual([
    {code: 3, stdout: 'one\n', stderr: 'oops\n'},
    {code: 0, stdout: 'it\'s "ü"\n', stderr: ''},
    {code: 137, stdout: '', stderr: ''},
    {code: 0, stdout: 'nothing to read\n', stderr: ''},
  ]);
  expect(started).toHaveLength(1);
});

test('as many run at once as they allow; those without a limit wait for nobody', async () => {
  const worker = hostWorker();
  const busy = text('mkdir "$F/busy.$$"; ls -d "$F"/busy.* | wc -l; sleep 0.2; rmdir "$F/busy.$$"');
  const began = performance.now();
  const limited = Array.from({length: 12}, () => worker.run(busy, {...now, limit: 4}));
  await worker.run(text('echo at once'), now);
  expect(performance.now() - began).toBeLessThan(500);
  const most = Math.max(...(await Promise.all(limited)).map(({stdout}) => Number(stdout)));
  expect(most).toBe(4);
});

test('scripts of any size arrive whole, and leave nothing behind', async () => {
  const worker = hostWorker();
  const large = 'x'.repeat(300_000);
  const ends = await Promise.all(
    Array.from({length: 5}, (_, i) => worker.run(text(`cat >"$F/large${i}" <<'end'\n${large}${i}\nend`), now)),
  );
  expect(ends.map(({code}) => code)).toEqual([0, 0, 0, 0, 0]);
  for (let i = 0; i < 5; i += 1) expect(await read(`large${i}`)).toBe(`${large}${i}\n`);
  expect(await readdir(join(folder, 'run'))).toEqual([]);
});

test('of what a script says the end is kept', async () => {
  const {stdout} = await hostWorker().run(
    text('i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done'),
    now,
  );
  expect(stdout.length).toBeLessThanOrEqual(65_536);
  expect(stdout.endsWith('line 19998\nline 19999\n')).toBe(true);
});

test('once the number is another, what has not begun is refused, and the new holder waits for what has', async () => {
  const worker = hostWorker();
  const first = worker.run(text('touch "$F/begun"; sleep 1; echo done >"$F/first"'), {...now, limit: 1});
  const second = worker.run(text('touch "$F/second"'), {...now, limit: 1});
  while (!(await readdir(folder)).includes('begun')) await sleep(20);
  const raise = spawn('/bin/sh', ['-c', moved(raising.command({...fence, number: 8, holder: 'lease-8'}))]);
  let said = '';
  raise.stdout.on('data', chunk => (said += chunk));
  await new Promise(resolve => raise.on('close', resolve));
  expect(raising.parse(said)).toEqual({kind: 'raised'});
  expect(await read('first')).toBe('done\n');
  expect(await first).toMatchObject({code: 0});
  expect(await second).toEqual({code: 94, stdout: '', stderr: 'niyanta-fenced 8\n'});
  expect(await readdir(folder)).not.toContain('second');
});

test('what stands at the top of a script is done before it: folders, and a lock that is held to its end', async () => {
  const worker = hostWorker();
  const head = [preparing.folder(`${folder}/a/b`, 0o1777), preparing.lock(`${folder}/a/lock`, 7)].join('\n');
  const ends = await Promise.all(
    Array.from({length: 3}, (_, i) =>
      worker.run(
        text(`${head}\necho in >>"$F/a/order"; [ -e /proc/self/fd/7 ]; sleep 0.1; echo out${i} >>"$F/a/order"`),
        now,
      ),
    ),
  );
  expect(ends.map(({code}) => code)).toEqual([0, 0, 0]);
  const order = (await read('a/order')).trim().split('\n');
  expect(order.filter((_, i) => i % 2 === 0)).toEqual(['in', 'in', 'in']);
  expect(((await stat(join(folder, 'a'))).mode & 0o7777).toString(8)).toBe('755');
  expect(((await stat(join(folder, 'a/b'))).mode & 0o7777).toString(8)).toBe('1777');
  const refused = await worker.run(text(`${preparing.folder(`${folder}/a/order/c`)}\ntouch "$F/never"`), now);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('a/order')]);
  expect(await readdir(folder)).not.toContain('never');
  expect(() => preparing.folder('/a b')).toThrow('cannot stand at the top');
});

test('at the end of its input a worker ends what it began, and begins nothing more', async () => {
  const worker = hostWorker();
  const first = worker.run(text('touch "$F/begun"; sleep 0.5; echo done >"$F/first"'), {...now, limit: 1});
  const second = worker.run(text('touch "$F/second"'), {...now, limit: 1});
  const lost = expect(second).rejects.toMatchObject({code: 'connection-lost', transient: true});
  while (!(await readdir(folder)).includes('begun')) await sleep(20);
  worker.end();
  expect(await first).toMatchObject({code: 0});
  await lost;
  expect(await readdir(folder)).not.toContain('second');
});

test('a worker that was killed is told to all who wait, and the next script gets a new one', async () => {
  const worker = hostWorker();
  const waiting = [worker.run(text('sleep 20'), now), worker.run(text('sleep 20'), now)];
  const told = waiting.map(end => expect(end).rejects.toMatchObject({code: 'connection-lost', transient: true}));
  while (started.length === 0) await sleep(20);
  await sleep(100);
  started[0]!.kill();
  await Promise.all(told);
  expect(await worker.run(text('echo again'), now)).toMatchObject({stdout: 'again\n'});
  expect(started).toHaveLength(2);
});

test('a script that hangs is ended in its time, counted from when it began', async () => {
  const worker = hostWorker();
  const short = {limit: 1, timeoutMs: 600};
  const ends = Promise.allSettled([
    worker.run(text('sleep 0.4'), short),
    worker.run(text('sleep 0.4'), short),
    worker.run(text('sleep 0.4; echo third'), short),
    worker.run(text('touch "$F/hanging"; sleep 1.2; touch "$F/late"'), short),
  ]);
  expect((await ends).map(end => (end.status === 'fulfilled' ? end.value.code : end.reason.code))).toEqual([
    0,
    0,
    0,
    'timeout',
  ]);
  await sleep(1000);
  expect(await readdir(folder)).toContain('hanging');
  expect(await readdir(folder)).not.toContain('late');
});

test('answers are understood however they are cut', () => {
  const answer = Buffer.from('began 1\nend 1 0 3 2\nü\n!!began 2\nend 2 9 0 0\n');
  for (let size = 1; size <= answer.length; size += 1) {
    const seen: unknown[] = [];
    const answers = new WorkerAnswers({
      began: id => seen.push(id),
      ended: (id, output) => seen.push([id, output]),
    });
    for (let at = 0; at < answer.length; at += size) answers.feed(answer.subarray(at, at + size));
    expect(seen).toEqual([1, [1, {code: 0, stdout: 'ü\n', stderr: '!!'}], 2, [2, {code: 9, stdout: '', stderr: ''}]]);
  }
});
