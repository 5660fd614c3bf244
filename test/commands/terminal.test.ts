import {execFileSync, spawnSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import type {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {bridgeTerminal, terminalHere} from '../../src/cli/terminal.ts';
import {root, run} from './run-niyanta.ts';

const demo = (name: string) => `${root}test/commands/${name}`;
const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** A person's terminal: tmux draws what they would see and types what they would type. */
class Terminal {
  readonly #socket = `niyanta-test-${randomUUID()}`;

  start(command: string): void {
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', `${command}; echo "code $?"; sleep 60`);
  }

  type(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  screen(): string {
    return this.#tmux('capture-pane', '-p').trimEnd();
  }

  /** The screen once it shows the text. */
  async shows(text: string | RegExp): Promise<string> {
    return vi.waitFor(
      () => {
        const screen = this.screen();
        expect(screen).toMatch(text);
        return screen;
      },
      {timeout: 20_000, interval: 50},
    );
  }

  close(): void {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server']);
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], {
      encoding: 'utf8',
      env: {...process.env, LC_ALL: 'C.UTF-8'},
    });
  }
}

// tmux is what drives a terminal here; a machine without it has nothing to drive these with.
describe.runIf(hasTmux)('on a terminal', {timeout: 60_000}, () => {
  let terminal: Terminal;
  const started = (command: string) => {
    terminal = new Terminal();
    terminal.start(command);
    return terminal;
  };
  afterEach(() => terminal.close());

  test.each([
    ['y', /changing[\s\S]*code 0/],
    ['n', /not confirmed; nothing was changed[\s\S]*code 3/],
    ['Enter', /not confirmed; nothing was changed[\s\S]*code 3/],
    ['C-c', /interrupted[\s\S]*code 130/],
  ])('a change is asked for by the environment; %s', async (key, expected) => {
    const {shows, type} = bound(started(`'${process.execPath}' '${demo('confirm-demo.ts')}'`));
    await shows('Apply this plan to environment staging?');
    type(...(key.length === 1 ? [key, 'Enter'] : [key]));
    await shows(expected);
  });

  test('progress is drawn as one task a service, ending with the log of what failed', async () => {
    const {shows} = bound(started(`'${process.execPath}' '${demo('progress-demo.ts')}'`));
    const screen = await shows('code 0');
    expect(screen).toContain('✔ hosts  1/1');
    expect(screen).toMatch(/✖ backend {2}2\/2/);
    expect(screen).toContain('start backend 1 on h1: exited at once with code 3');
    expect(screen).toContain('| cannot open \\e[31mconfig');
    expect(screen).toContain('result');
  });
});

describe.runIf(hasTmux)('ps --watch on a terminal', {timeout: 60_000}, () => {
  let terminal: Terminal;
  const started = (...args: string[]) => {
    terminal = new Terminal();
    terminal.start(`'${process.execPath}' '${demo('watch-demo.ts')}' ${args.join(' ')}`);
    return bound(terminal);
  };
  afterEach(() => terminal.close());

  test.each(['q', 'C-c'])('is renewed in place, and ends with %s', async key => {
    const {shows, type} = started();
    await shows(/default: pending, starting\s+SERVICE[\s\S]*backend +1 +h1 +starting/);
    const screen = await shows(/default: running\s+SERVICE[\s\S]*backend +1 +h1 +running +healthy/);
    expect(screen).not.toContain('pending');
    type(key);
    await shows('code 0');
  });

  test('ends with the error when the hosts cannot be asked any more', async () => {
    await started('--fail').shows(/failed: h1 is gone\s+code 1/);
  });
});

const bound = (terminal: Terminal) => ({
  shows: terminal.shows.bind(terminal),
  type: terminal.type.bind(terminal),
});

describe('without a terminal', {timeout: 60_000}, () => {
  test('a change needs --yes', async () => {
    const {code, stderr} = await run(process.execPath, [demo('confirm-demo.ts')]);
    expect(code).toBe(3);
    expect(stderr).toContain('Apply this plan to environment staging? There is no terminal to ask on.');
    expect(stderr).toContain('→ Add --yes, or set NIYANTA_YES=1.');
  });

  test('with --yes it is done', async () => {
    const {code, stdout} = await run(process.execPath, [demo('confirm-demo.ts'), '--yes']);
    expect(code).toBe(0);
    expect(stdout).toBe('changing\n');
  });

  test('progress is plain lines, and nothing of it on standard output', async () => {
    const {stdout, stderr} = await run(process.execPath, [demo('progress-demo.ts')]);
    expect(stdout).toBe('result\n');
    expect(stderr.split('\n')).toEqual([
      'start   prepare h1',
      'done    prepare h1 (1.2s)',
      'start   send backend to h1',
      'done    send backend to h1 (300ms)',
      'start   start backend 1 on h1',
      'failed  start backend 1 on h1: exited at once with code 3',
      '        | cannot open \\e[31mconfig',
      '',
    ]);
  });

  test('progress with --json is one event a line', async () => {
    const {stdout, stderr} = await run(process.execPath, [demo('progress-demo.ts'), '--json']);
    const events = stdout
      .trim()
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line));
    expect(stderr).toBe('');
    expect(events.at(0)).toMatchObject({type: 'started'});
    expect(events.at(-1)).toMatchObject({type: 'result', outcome: 'failed', serial: 2});
  });
});

describe('the bridge to a process on a host', () => {
  const streams = () => {
    const raw: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), {setRawMode: (on: boolean) => raw.push(on)});
    const stdout = Object.assign(new PassThrough(), {columns: 100, rows: 30});
    const stderr = new PassThrough();
    return {raw, stdin, stdout, stderr} as never as {raw: boolean[]} & Parameters<typeof bridgeTerminal>[1];
  };
  const remote = () => {
    const exit = Promise.withResolvers<{code: number}>();
    const process = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      resize: vi.fn(),
      kill: vi.fn(() => exit.resolve({code: 137})),
      exit: exit.promise,
    };
    const end = (code: number) => {
      process.stdout.end();
      process.stderr.end();
      exit.resolve({code});
    };
    return {process, end, fail: exit.reject};
  };

  test('passes keys, output, sizes and the exit code, and restores the terminal', async () => {
    const {process, end} = remote();
    const here = streams();
    expect(terminalHere(here)).toMatchObject({columns: 100, rows: 30});
    const ended = bridgeTerminal(process, here, {raw: true});
    here.stdin.push('ls\r');
    process.stdout.write('file\r\n');
    Object.assign(here.stdout, {columns: 120, rows: 40});
    (here.stdout as never as EventEmitter).emit('resize');
    await vi.waitFor(() => expect(process.stdin.read()?.toString()).toBe('ls\r'));
    end(3);
    expect(await ended).toBe(3);
    expect((here.stdout as never as PassThrough).read().toString()).toBe('file\r\n');
    expect(process.resize).toHaveBeenCalledWith({columns: 120, rows: 40});
    expect(here.raw).toEqual([true, false]);
    expect((here.stdout as never as EventEmitter).listenerCount('resize')).toBe(0);
  });

  test('restores the terminal when the connection is lost', async () => {
    const {process, fail} = remote();
    const here = streams();
    const ended = bridgeTerminal(process, here, {raw: true});
    fail(new Error('connection lost'));
    await expect(ended).rejects.toThrow('connection lost');
    expect(here.raw).toEqual([true, false]);
  });

  test('kills the process when interrupted', async () => {
    const {process} = remote();
    const controller = new AbortController();
    const ended = bridgeTerminal(process, streams(), {raw: false, signal: controller.signal});
    process.stdout.end();
    process.stderr.end();
    controller.abort();
    expect(await ended).toBe(137);
    expect(process.kill).toHaveBeenCalledOnce();
  });
});
