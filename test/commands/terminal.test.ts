import {type ChildProcessByStdio, spawn} from 'node:child_process';
import type {EventEmitter} from 'node:events';
import {PassThrough, type Readable, type Writable} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {bridgeTerminal, terminalHere} from '../../src/cli/terminal.ts';
import {root, run} from './run-niyanta.ts';

const demo = (name: string) => `${root}test/commands/${name}`;

// ink draws nothing where it believes to be in CI.
const byHand = Object.entries(process.env).filter(([name]) => !/^(CI|CI_.*|CONTINUOUS_INTEGRATION)$/.test(name));

/** A person's terminal of 80 by 24: `script` of util-linux gives the pty, what is typed goes to its input. */
class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #drawn = '';

  constructor(command: string) {
    this.#child = spawn('script', ['-qfec', `stty cols 80 rows 24; ${command}; echo "code $?"`, '/dev/null'], {
      env: {...Object.fromEntries(byHand), TERM: 'xterm', NO_COLOR: '1'},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', chunk => {
      this.#drawn += chunk;
    });
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Everything drawn so far, escape sequences and all. */
  get drawn(): string {
    return this.#drawn;
  }

  /** What was drawn, once the text is among it; escape sequences left out. */
  shows(text: string | RegExp): Promise<string> {
    return vi.waitFor(
      () => {
        const shown = stripVTControlCharacters(this.#drawn);
        expect(shown).toMatch(text);
        return shown;
      },
      {timeout: 20_000, interval: 50},
    );
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

let terminal: Terminal | undefined;
const start = (name: string, ...args: string[]) => {
  terminal = new Terminal([process.execPath, demo(name), ...args].map(word => `'${word}'`).join(' '));
  return terminal;
};
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});

describe('on a terminal', {timeout: 60_000}, () => {
  test.each([
    ['y', 'y\r', /changing\s+code 0/],
    ['n', 'n\r', /not confirmed; nothing was changed\s+code 3/],
    ['Enter', '\r', /not confirmed; nothing was changed\s+code 3/],
    ['Ctrl-C', '\u0003', /interrupted\s+code 130/],
  ])('a change is asked for by the environment: %s', async (_, keys, expected) => {
    const terminal = start('confirm-demo.ts');
    await terminal.shows('Apply this plan to environment staging?');
    terminal.type(keys);
    await terminal.shows(expected);
  });

  test('progress is drawn as one task a service, ending with the log of what failed', async () => {
    const shown = await start('progress-demo.ts').shows('code 0');
    const end = shown.slice(shown.lastIndexOf('✔ hosts'));
    expect(end).toMatch(
      /^✔ hosts {2}1\/1\r?\n✖ backend {2}2\/2\r?\n {2}› start backend 1 on h1: exited at once with code 3/,
    );
    expect(end).toMatch(/\| cannot open \\e\[31mconfig\r?\nresult/);
    expect(shown).toContain('send backend to h1: sending: 1 MiB of 4 MiB');
  });
});

describe('ps --watch on a terminal', {timeout: 60_000}, () => {
  test.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ])('is renewed in place, and ends with %s', async (_, keys) => {
    const terminal = start('watch-demo.ts');
    await terminal.shows(/default: pending, starting\s+SERVICE[\s\S]*backend +1 +h1 +running +starting/);
    await terminal.shows(/default: running\s+SERVICE[\s\S]*backend +1 +h1 +running +healthy/);
    const between = terminal.drawn.slice(terminal.drawn.indexOf('pending'), terminal.drawn.lastIndexOf('running'));
    // The lines of the first table are erased, not scrolled away.
    expect(between).toContain('\u001b[2K');
    terminal.type(keys);
    await terminal.shows('code 0');
  });

  test('ends with the error when the hosts cannot be asked any more', async () => {
    await start('watch-demo.ts', '--fail').shows(/failed: h1 is gone\s+code 1/);
  });
});

describe('top', {timeout: 60_000}, () => {
  test('a person reads it, selects another replica, sorts, looks the keys up, and leaves', async () => {
    const terminal = start('top-demo.ts');
    await terminal.shows(/default: 3 of 3 replicas run, 1\.30 cores, 192 MiB/);
    await terminal.shows(/▸ backend +1 +h1 +running +10% +64 MiB/);
    await terminal.shows('words of backend 1');
    await terminal.shows('no answer from h2');
    terminal.type('\u001b[B');
    await terminal.shows(/▸ backend +2/);
    await terminal.shows('words of backend 2');
    terminal.type('s');
    await terminal.shows(/by cpu · \? keys/);
    terminal.type('?');
    await terminal.shows('sort by name, CPU, memory, restarts');
    terminal.type('x');
    terminal.type('q');
    await terminal.shows('code 0');
    // The screen of before comes back, and the cursor.
    expect(terminal.drawn.indexOf('\u001b[?1049h')).toBeLessThan(terminal.drawn.lastIndexOf('\u001b[?1049l'));
    expect(terminal.drawn.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.drawn.lastIndexOf('\u001b[?25l'));
  });

  test('Ctrl-C leaves', async () => {
    const terminal = start('top-demo.ts');
    await terminal.shows('▸ backend');
    terminal.type('\u0003');
    await terminal.shows('code 0');
    expect(terminal.drawn).toContain('\u001b[?1049l');
  });

  test('ends with the error when the hosts cannot be asked any more', async () => {
    await start('top-demo.ts', '--fail').shows(/failed: h1 is gone\s+code 1/);
  });
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
