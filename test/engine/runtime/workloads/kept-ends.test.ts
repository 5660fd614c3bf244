import {spawnSync} from 'node:child_process';
import {mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeEach, expect, onTestFinished, test} from 'vitest';
import {render} from '../../../../src/engine/hosts/command.ts';
import {closingLines, fenceLines} from '../../../../src/engine/runtime/workloads/attempt-lines.ts';
import type {AttemptKey} from '../../../../src/engine/runtime/workloads/attempt-spec.ts';
import {sweepWorkloads} from '../../../../src/engine/runtime/workloads/attempts-on-host.ts';
import {closeAttempt} from '../../../../src/engine/runtime/workloads/close-attempt.ts';
import {keepingLines, keptEnds, parseToldEnd} from '../../../../src/engine/runtime/workloads/kept-ends.ts';
import {workload} from './sample-attempt.ts';

const owner = 'abcdef0123456789';
const other = '0190a1b2-1234-7abc-8def-0123456789ac';

let root: string;
const at = (path: string) => join(root, path.replace(/^\//, ''));
const sh = (text: string) =>
  spawnSync('sh', ['-c', text.replaceAll('/var/lib/', `${at('/var/lib')}/`).replaceAll('/run/', `${at('/run')}/`)], {
    encoding: 'utf8',
  });
const ends = '/var/lib/niyanta/workloads/.ends';

/** As a start and the logger leave it. */
async function began({workload, attempt}: AttemptKey, end?: string): Promise<void> {
  const folder = at(`/var/lib/niyanta/workloads/${workload}`);
  await mkdir(folder, {recursive: true});
  await mkdir(at('/var/lib/niyanta/logs'), {recursive: true});
  await writeFile(join(folder, 'owner'), `${owner}\n`);
  await writeFile(join(folder, 'fence'), `${attempt}\n`);
  if (end !== undefined) await writeFile(at(`/var/lib/niyanta/logs/workload.${workload}.${attempt}.ends`), end);
}

const closes = (key: AttemptKey) => sh(['set -eu', ...keepingLines(key), ...closingLines(key)].join('\n'));
const starts = (key: AttemptKey) => {
  const {status, stderr} = sh(['set -eu', ...fenceLines({...key, owner}), 'echo started >&2'].join('\n'));
  return {status, said: stderr.trim().split('\n')};
};
const kept = (sinceMs: number) => keptEnds(sinceMs).parse(sh(render(keptEnds(sinceMs).command)).stdout);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'niyanta-ends-'));
  onTestFinished(() => rm(root, {recursive: true}));
});

test('one that ended by itself is remembered, told to who starts it again, and to no other attempt', async () => {
  const key = {workload, attempt: 2};
  await began(key, '1790000000 3 0\n');
  expect(closes(key)).toMatchObject({status: 0, stderr: ''});
  expect(await readFile(at(`${ends}/17900`), 'utf8')).toBe(`${workload} 2 ${owner} 1790000000 3 0\n`);
  const again = starts(key);
  expect(again).toEqual({status: 95, said: ['attempt-ended 1790000000 3 0', 'attempt-fenced 2']});
  expect(parseToldEnd(again.said)).toEqual({at: '2026-09-21T14:13:20.000Z', code: 3, oomKills: 0});
  expect(starts({workload, attempt: 1})).toEqual({status: 95, said: ['attempt-fenced 2']});
  expect(starts({workload, attempt: 3})).toEqual({status: 0, said: ['started']});
  // A newer one has been there since.
  expect(starts(key).said).toEqual(['attempt-ended 1790000000 3 0', 'attempt-fenced 3']);
});

test('of several lines the last counts, whole ones only; closing twice adds nothing', async () => {
  const key = {workload, attempt: 1};
  await began(key, '1790000000 1 0\n1790000001 - 2\n179000');
  closes(key);
  closes(key);
  expect(await readFile(at(`${ends}/17900`), 'utf8')).toBe(`${workload} 1 ${owner} 1790000001 - 2\n`);
});

test.each<[string, string | undefined]>([
  ['has not ended', undefined],
  ['ended before its logger could say so', ''],
  ['has a record that was cut short', 'x; reboot\n'],
])('of one that %s nothing is remembered', async (_, end) => {
  const key = {workload, attempt: 1};
  await began(key, end);
  expect(closes(key).status).toBe(0);
  expect(starts(key).said).toEqual(['attempt-fenced 1']);
});

test('one that was closed before it ended was ended on purpose: nothing is remembered', async () => {
  const key = {workload, attempt: 1};
  await began(key);
  sh(closingLines(key).join('\n'));
  await writeFile(at(`/var/lib/niyanta/logs/workload.${workload}.1.ends`), '1790000000 143 0\n');
  closes(key);
  expect(kept(0)).toEqual([]);
  const {text} = closeAttempt(key, {signal: 'SIGTERM', graceMs: 0});
  expect(text.indexOf(ends)).toBeLessThan(text.indexOf("echo '1 closed'"));
});

test('what cannot be written down keeps nothing from being closed', async () => {
  const key = {workload, attempt: 1};
  await began(key, '1790000000 0 0\n');
  await writeFile(at(ends), 'no folder');
  expect(closes(key)).toMatchObject({status: 0, stderr: ''});
  expect(starts(key).said).toEqual(['attempt-fenced 1']);
});

test('ends are told from a time on, and forgotten after days', async () => {
  expect(kept(0)).toEqual([]);
  for (const [id, end] of [
    [workload, '1790000000 0 0\n'],
    [other, '1790200000 0 0\n'],
  ] as const) {
    await began({workload: id, attempt: 1}, end);
    closes({workload: id, attempt: 1});
  }
  const both = [workload, other].map(id => ({workload: id, attempt: 1, owner}));
  expect(kept(0)).toEqual(both);
  expect(kept(1_790_000_000_000)).toEqual(both);
  expect(kept(1_790_000_001_000)).toEqual([both[1]]);
  const old = new Date(Date.now() - 8 * 86_400_000);
  await utimes(at(`${ends}/17900`), old, old);
  expect(sh(sweepWorkloads(7).text).status).toBe(0);
  expect(await readdir(at(ends))).toEqual(['17902']);
});
