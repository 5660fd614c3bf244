import {spawn} from 'node:child_process';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 1});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./web.tar
    env: {GREETING: "good morning"}
    stop: {grace: 1s}
`;

let project: TestProject;
beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  const applied = await project.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
});

const exec = (args: readonly string[], input?: string | Buffer) =>
  project.niyanta(['exec', ...args], {input, timeoutMs: 30_000});

describe('exec', () => {
  test("passes both outputs on, and the program's exit code", async () => {
    const done = await exec(['web', '--', 'sh', '-c', 'echo "$GREETING"; echo oops >&2; exit 7']);
    expect(done).toMatchObject({code: 7, stdout: 'good morning\n', stderr: 'oops\n'});
  });

  test('-i sends standard input, byte for byte; without it there is none', async () => {
    const bytes = Buffer.from(Array.from({length: 300_000}, (_, index) => (index * 7) % 128));
    const sum = await exec(['-i', 'web', '--', 'wc', '-c'], bytes);
    expect(sum.stdout.trim()).toBe('300000');
    expect(await exec(['-i', 'web', '--', 'cat'], '')).toMatchObject({code: 0, stdout: ''});
    expect(await exec(['web', '--', 'cat'], 'not for it')).toMatchObject({code: 0, stdout: ''});
  });

  test('--user and --workdir', async () => {
    const done = await exec(['-u', 'app', '-w', '/www', 'web/1', '--', 'sh', '-c', 'id -un; pwd']);
    expect(done.stdout).toBe('app\n/www\n');
  });

  test('words reach the program as they are, whatever is in them', async () => {
    const odd = ['a b', 'sh', 'web', "it's", '$HOME', '`id`', '"', '*', '--json', ''];
    const done = await exec(['web', '--', 'sh', '-c', 'for word; do echo "<$word>"; done', 'sh', ...odd]);
    expect(done.stdout).toBe(odd.map(word => `<${word}>\n`).join(''));
  });

  test('says what is wrong: no program, no such replica, -t without a terminal', async () => {
    expect((await exec(['web'])).stderr).toContain('niyanta exec -it web -- sh');
    expect((await exec(['web/4', '--', 'true'])).stderr).toContain('Replicas: web/1');
    expect((await exec(['-it', 'web', '--', 'sh'])).code).toBe(64);
  });

  test('-t gives a terminal that has the size of this one, and follows it', async () => {
    const program = process.execPath;
    const niyanta = new URL('../../bin/dev.js', import.meta.url).pathname;
    // script(1) is the terminal; stty on it is a person who drags the corner of its window.
    const inside = `stty rows 31 cols 101; { until [ -e dragged ]; do sleep 0.1; done; stty rows 43 cols 123 </dev/tty; } & exec "${program}" "${niyanta}" exec -it web -- sh -c 'while :; do busybox stty size; sleep 0.2; done'`;
    const child = spawn('script', ['-qfec', inside, '/dev/null'], {
      cwd: project.directory,
      env: {...process.env, HOME: project.home, TERM: 'xterm', XDG_STATE_HOME: stateHome(), SHELL: '/bin/bash'},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', chunk => (shown += chunk));
    try {
      await vi.waitFor(() => expect(shown).toContain('31 101'), {timeout: 30_000});
      await project.write('dragged', '');
      await vi.waitFor(() => expect(shown).toContain('43 123'), {timeout: 30_000});
      // Ctrl-C is a key like others there: it ends the program, which is what ends the command.
      child.stdin.write('\u0003');
      const code = await new Promise(resolve => child.once('close', resolve));
      expect(code).toBe(130);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

const stateHome = () => process.env.XDG_STATE_HOME || `${process.env.HOME}/.local/state`;
