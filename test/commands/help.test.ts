import {expect, test} from 'vitest';
import {niyanta} from './run-niyanta.ts';

const table = /^EXIT CODES\n {4}0 {2}done\n[\s\S]* 130 {2}interrupted$/m;

test.each([[['apply', '--help']], [['help', 'host', 'add']], [['lab', 'ls', '-h']]])(
  'niyanta %j shows usage, examples and what its exit codes mean',
  async words => {
    const {code, stdout} = await niyanta(words);
    expect(code).toBe(0);
    const name = words.filter(word => !/^-|^help$/.test(word)).join(' ');
    expect(stdout).toContain(`USAGE\n  $ niyanta ${name}`);
    expect(stdout).toMatch(new RegExp(`^EXAMPLES\\n  \\$ niyanta ${name}`, 'm'));
    expect(stdout).toMatch(table);
  },
);

test('niyanta --help lists the commands, the topics and the exit codes', async () => {
  const {code, stdout} = await niyanta(['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^TOPICS$[\s\S]*^ {2}host {2,}\w[\s\S]*^COMMANDS$[\s\S]*^ {2}apply {2,}\w/m);
  expect(stdout).toMatch(table);
});

test('niyanta help exit-codes is the table alone', async () => {
  const {code, stdout} = await niyanta(['help', 'exit-codes']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}0 {2}done\n/);
});
