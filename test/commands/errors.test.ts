import {describe, expect, test} from 'vitest';
import {niyanta, run} from './run-niyanta.ts';

describe('wrong usage exits 64 and says what was meant', {timeout: 60_000}, () => {
  test.each([
    ['an unknown command', ['complettion'], /complettion: not a command/, /Did you mean "niyanta completion"\?/],
    ['an unknown command far from any', ['xyzzy42'], /xyzzy42: not a command/, /See "niyanta help"/],
    ['an unknown command of a topic', ['lab', 'upp'], /lab upp: not a command/, /Did you mean "niyanta lab up"\?/],
    ['an unknown flag', ['completion', 'bash', '--jsom'], /unknown flag: --jsom/, /Did you mean --json\?/],
    ['a missing argument', ['completion'], /shell/, /--help/],
    ['a value that is no option', ['completion', 'powershell'], /powershell/, /--help/],
    ['one argument too many', ['completion', 'bash', 'zsh'], /zsh/, /--help/],
    ['flags that contradict each other', ['plan', '--pull', '--locked'], /--locked/, /--pull/],
    ['a folder that is not there', ['completion', 'bash', '-C', '/no/such/folder'], /\/no\/such\/folder/, /-C/],
  ])('%s', async (_, args, message, hint) => {
    const {code, stdout, stderr} = await niyanta(args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
  });

  test('with --json the error is JSON on standard output', async () => {
    const {code, stdout, stderr} = await niyanta(['--json', 'complettion']);
    expect(code).toBe(64);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'unknown-command',
        message: 'complettion: not a command of niyanta',
        hint: 'Did you mean "niyanta completion"?',
      },
      exitCode: 64,
    });
  });

  test('a --json behind -- belongs to someone else', async () => {
    const {stdout, stderr} = await niyanta(['complettion', '--', '--json']);
    expect(stdout).toBe('');
    expect(stderr).toContain('error:');
  });
});

describe('output', {timeout: 60_000}, () => {
  test('errors are coloured when told, plain with NO_COLOR, --no-color or a pipe', async () => {
    const red = '\u001b[31m';
    const [piped, forced, noColor, flag] = await Promise.all([
      niyanta(['xyzzy42']),
      niyanta(['xyzzy42'], {FORCE_COLOR: '1'}),
      niyanta(['xyzzy42'], {FORCE_COLOR: '1', NO_COLOR: '1'}),
      niyanta(['xyzzy42', '--no-color'], {FORCE_COLOR: '1'}),
    ]);
    expect(piped.stderr).not.toContain(red);
    expect(forced.stderr).toContain(red);
    expect(noColor.stderr).not.toContain(red);
    expect(flag.stderr).not.toContain(red);
  });

  test('global flags may stand before the command, and -C moves there', async () => {
    const {code, stdout} = await niyanta(['-C', '/', '--json', 'completion', 'bash']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({shell: 'bash'});
  });

  test('a hostile name cannot colour or move the terminal', async () => {
    const {stderr} = await niyanta(['evil\u001b[2J\u009b31m']);
    expect(stderr).not.toMatch(/[\u001b\u009b]/);
    expect(stderr).toContain('evil\\e[2J\\x9b31m');
  });

  test('a reader that goes away ends it quietly', async () => {
    const script = `${process.execPath} bin/dev.js --help | head -1; echo "\${PIPESTATUS[0]}"`;
    const {stdout, stderr} = await run('bash', ['-c', script]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').at(-1)).toBe('0');
  });

  test('help shows the exit codes, and has them as a topic', async () => {
    const [root, topic] = await Promise.all([niyanta(['--help']), niyanta(['help', 'exit-codes'])]);
    expect(root.code).toBe(0);
    expect(root.stdout).toMatch(/EXIT CODES\n +0 {2}done/);
    expect(topic.stdout).toMatch(/^ +0 {2}done[\s\S]* 64 {2}wrong usage or invalid file/);
  });

  test('the version needs no command', async () => {
    const {code, stdout} = await niyanta(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^niyanta\/\d+\.\d+\.\d+ \S+ node-v\d+/);
  });
});
