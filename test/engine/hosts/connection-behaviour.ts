import {text} from 'node:stream/consumers';
import {expect, test} from 'vitest';
import {all, argv, type Connection, mustRun, script, withInput} from '../../../src/engine/hosts/index.ts';

/** What holds for every connection, over SSH or on this machine. `beside`: another one to the same host, to look there. */
export function connectionBehaviour(connection: () => Connection, beside = connection): void {
  const run = (...words: string[]) => connection().run(argv(...words));

  test('commands run as root', async () => {
    expect(await run('id', '-u')).toEqual({code: 0, stdout: '0\n', stderr: ''});
  });

  test('output, errors and the exit code come apart', async () => {
    const output = await connection().run(script('echo out; echo err >&2; exit 7'));
    expect(output).toEqual({code: 7, stdout: 'out\n', stderr: 'err\n'});
  });

  test('output without a line end, empty output and empty lines stay as they are', async () => {
    expect((await run('printf', 'x')).stdout).toBe('x');
    expect((await run('printf', '')).stdout).toBe('');
    expect((await run('printf', '\\n\\nx\\n\\n')).stdout).toBe('\n\nx\n\n');
  });

  test('arguments come through as they are', async () => {
    const words = ["it's", '"', '$HOME `id`', '\\', 'a\nb', '*', '', '🦭'];
    expect((await run('printf', '%s\\0', ...words)).stdout).toBe(words.map(word => `${word}\0`).join(''));
  });

  test('a command cannot harm the shell for the next one', async () => {
    for (const text of [
      'cd /tmp; PATH=/nowhere',
      'exit 3',
      'exec sleep 0',
      'set -eu; trap "" TERM',
      'umask 0',
      'echo "unfinished',
    ]) {
      await connection().run({kind: 'argv', argv: ['eval', text]});
    }
    const before = await connection().run(script('pwd; umask; command -v ls >/dev/null && echo found'));
    expect(before.stdout).toMatch(/^\/.*\n00?22\nfound\n$/);
  });

  test('a command that kills its own shell is told as lost, and the next one gets another', async () => {
    await expect(connection().run({kind: 'argv', argv: ['eval', 'kill -9 $$']})).rejects.toMatchObject({
      code: 'connection-lost',
      transient: true,
    });
    expect((await run('echo', 'next')).stdout).toBe('next\n');
  });

  test('standard input is empty unless there is input', async () => {
    expect(await run('cat')).toEqual({code: 0, stdout: '', stderr: ''});
    const input = Buffer.from('secret\nlines\n');
    expect(await connection().run(argv('cat'), {input})).toEqual({code: 0, stdout: input.toString(), stderr: ''});
    expect((await connection().run(withInput('text', 'cat'))).stdout).toBe('text');
  });

  test('input that a command does not read is no error, nor is a lot of it', async () => {
    const input = Buffer.alloc(3_000_000, 'x');
    expect((await connection().run(argv('true'), {input})).code).toBe(0);
    expect((await connection().run(argv('wc', '-c'), {input})).stdout.trim()).toBe('3000000');
  });

  test('5 MB of output arrive whole, on both streams', async () => {
    const {stdout, stderr} = await connection().run(
      script('head -c 5000000 /dev/zero | tr "\\0" o; head -c 5000000 /dev/zero | tr "\\0" e >&2'),
    );
    expect(stdout).toBe('o'.repeat(5_000_000));
    expect(stderr).toBe('e'.repeat(5_000_000));
  });

  test('50 commands at once all give their own answer', async () => {
    const answers = await Promise.all(
      Array.from({length: 50}, (_, n) => connection().run(all(argv('sleep', '0.02'), argv('echo', String(n))))),
    );
    expect(answers.map(({stdout}) => stdout)).toEqual(Array.from({length: 50}, (_, n) => `${n}\n`));
  });

  test('12 commands with input and 6 processes at once wait for their turn', async () => {
    const inputs = Array.from({length: 12}, (_, n) => connection().run(argv('cat'), {input: `in ${n}`}));
    const spawned = Array.from({length: 6}, async (_, n) => {
      const process = await connection().spawn(argv('echo', `out ${n}`));
      const [out, {code}] = await Promise.all([text(process.stdout), process.exit, text(process.stderr)]);
      return `${out}${code}`;
    });
    expect((await Promise.all(inputs)).map(({stdout}) => stdout)).toEqual(
      Array.from({length: 12}, (_, n) => `in ${n}`),
    );
    expect(await Promise.all(spawned)).toEqual(Array.from({length: 6}, (_, n) => `out ${n}\n0`));
  });

  test('a command that takes too long is killed with its children, and told', async () => {
    const mark = `${process.pid}${Math.floor(Math.random() * 1e6)}`;
    const running = connection().run(script('sleep "600.$1" & sleep "600.$1"', mark), {timeoutMs: 500});
    await expect(running).rejects.toMatchObject({code: 'timeout', transient: true, host: connection().host});
    expect(await gone(mark)).toBe(true);
    expect((await run('echo', 'next')).stdout).toBe('next\n');
  });

  test('an aborted command is killed, with input as without', async () => {
    const mark = `${process.pid}${Math.floor(Math.random() * 1e6)}`;
    for (const input of [undefined, 'some input']) {
      const controller = new AbortController();
      const running = connection().run(argv('sleep', `600.${mark}`), {signal: controller.signal, input});
      running.catch(() => undefined);
      await until(() => runs(mark));
      controller.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
      expect(await gone(mark)).toBe(true);
    }
    const aborted = connection().run(argv('true'), {signal: AbortSignal.abort(new Error('before'))});
    await expect(aborted).rejects.toThrow('before');
  });

  test('a process has streams, and can be killed', async () => {
    const process = await connection().spawn(script('read line; echo "got $line"; echo problem >&2; exec sleep 600'));
    const stderr = text(process.stderr);
    const stdout = text(process.stdout);
    process.stdin.write('something\n');
    await new Promise(resolve => setTimeout(resolve, 50));
    process.kill();
    await process.exit;
    expect([await stdout, await stderr]).toEqual(['got something\n', 'problem\n']);
  });

  test('a command that must succeed and does not says what could not be done, and never its input', async () => {
    const failing = mustRun(connection(), all(withInput('hunter2', 'cat'), script('echo no such thing >&2; exit 4')), {
      what: 'do the thing',
    });
    const error = await failing.then(
      () => undefined,
      caught => caught,
    );
    expect(error).toMatchObject({
      code: 'command-failed',
      message: `${connection().host}: could not do the thing: no such thing`,
      exitCode: 4,
    });
    expect(error.command).not.toContain('hunter2');
  });

  const runs = async (mark: string) =>
    (await beside().run(script('for p in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$p" 2>/dev/null; echo; done'))).stdout
      .split('\n')
      .some(line => line.startsWith(`sleep 600.${mark}`));
  const gone = async (mark: string) => {
    await until(async () => !(await runs(mark)));
    return true;
  };
}

/** Waits for something that must come about; the test's own timeout ends it otherwise. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 20));
}
