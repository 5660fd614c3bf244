import {once} from 'node:events';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  clock:
    archive: ./web.tar
    replicas: 2
    command: [sh, -c, "trap 'exit 0' TERM; while :; do echo tick; sleep 0.3 & wait $!; done"]
    placement: {spread: host}
    stop: {grace: 1s}
  odd:
    archive: ./web.tar
    command: [sh, -c, "printf '\\\\033[31mred\\\\033[2J\\\\n'; head -c 40000 /dev/zero | tr '\\\\0' x; echo end; echo bad >&2; exec sleep 1000"]
    stop: {grace: 1s}
`;

interface LogRecord {
  readonly at: string;
  readonly service: string;
  readonly replica: number;
  readonly host: string;
  readonly stream: string;
  readonly text: string;
}

let project: TestProject;
beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  const applied = await project.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
});

const records = async (...args: string[]): Promise<LogRecord[]> =>
  (await project.niyanta(['logs', ...args, '--json'])).jsonLines;

/** `logs -f`, running. */
function following(...args: string[]) {
  const child = project.start(['logs', '-f', ...args]);
  let text = '';
  child.stdout!.on('data', chunk => (text += chunk));
  const ended = once(child, 'close');
  return {
    text: () => text,
    async stop() {
      child.kill('SIGINT');
      return (await ended)[0] as number;
    },
  };
}

describe('logs', () => {
  test('of two replicas on two hosts come in order of time, each line with its replica', async () => {
    const both = await vi.waitFor(
      async () => {
        const found = await records('clock');
        for (const replica of [1, 2]) expect(found.filter(one => one.replica === replica).length).toBeGreaterThan(3);
        return found;
      },
      {timeout: 15_000},
    );
    expect(new Set(both.map(({host}) => host))).toEqual(new Set(['h1', 'h2']));
    const times = both.map(({at}) => at);
    expect(times).toEqual([...times].sort());
    const text = (await project.niyanta(['logs', 'clock', '--timestamps'])).stdout;
    expect(text).toMatch(/^clock-1 \| \d{4}-\d\d-\d\dT\S+Z tick$/m);
    expect(text).toMatch(/^clock-2 \| /m);
    expect((await records('clock/2')).every(({replica}) => replica === 2)).toBe(true);
  });

  test('--tail gives the last lines of each replica, --since those from then on', async () => {
    expect(await records('clock', '--tail', '2')).toHaveLength(4);
    const all = await records('clock');
    const middle = all[Math.floor(all.length / 2)]!.at;
    const since = await records('clock', '--since', middle);
    expect(since.length).toBeGreaterThan(0);
    expect(all[0]!.at < since[0]!.at).toBe(true);
    expect(since[0]!.at >= `${middle.slice(0, 23)}000Z`).toBe(true);
    expect(await records('clock', '--since', '1h')).not.toHaveLength(0);
    expect((await project.niyanta(['logs', '--since', 'yesterday'])).code).toBe(64);
  });

  test('long lines are whole, streams are told apart, a pipe gets what was printed byte for byte', async () => {
    const odd = await records('odd');
    expect(odd.map(({stream, text}) => [stream, text.length])).toEqual([
      ['stdout', 12],
      ['stdout', 40_003],
      ['stderr', 3],
    ]);
    expect((await project.niyanta(['logs', 'odd'])).stdout).toContain('odd-1 | \u001b[31mred\u001b[2J\n');
  });

  test('-f goes on over a restart and a replacement, and ends with 130 at Ctrl-C', async () => {
    const follow = following('clock', '--tail', '0');
    await vi.waitFor(() => expect(follow.text()).toMatch(/clock-1[\s\S]*clock-2|clock-2[\s\S]*clock-1/), {
      timeout: 10_000,
    });
    expect((await project.niyanta(['restart', 'clock', '--yes'])).code).toBe(0);
    const afterRestart = follow.text().length;
    const ticks = (from: number) =>
      follow
        .text()
        .slice(from)
        .match(/clock-1 \| tick/g)?.length ?? 0;
    await vi.waitFor(() => expect(ticks(afterRestart)).toBeGreaterThan(2), {timeout: 10_000});
    await project.write('stack.yaml', stack.replace('echo tick', 'echo tock'));
    expect((await project.niyanta(['apply', '--yes'])).code).toBe(0);
    await vi.waitFor(() => expect(follow.text()).toContain('clock-1 | tock'), {timeout: 10_000});
    expect(await follow.stop()).toBe(130);
  });
});
