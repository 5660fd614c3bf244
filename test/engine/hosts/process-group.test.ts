import {spawn, spawnSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {expect, onTestFinished, test} from 'vitest';
import {announced, killMarked, parseHello, shellLine} from '../../../src/engine/hosts/process-group.ts';

const mark = `niyanta-${process.pid.toString(16).padStart(16, '0')}`;

test.each([
  ['root', `${mark} 4711 root`, {group: '4711', prefix: ''}],
  ['sudo', `${mark} 4711 sudo`, {group: '4711', prefix: 'sudo -n '}],
  ['a greeting of the login shell', 'Welcome to h1', undefined],
  ['another shell', 'niyanta-0123 4711 root', undefined],
  ['no group', `${mark} `, undefined],
])('the first line of a shell: %s', (_, line, hello) => {
  expect(parseHello(line, mark)).toEqual(hello);
});

test('what was started with a mark is found by it and ended, with its children; what has another goes on', async () => {
  const start = (of: string, seconds: string) =>
    spawn(
      '/bin/sh',
      ['-c', announced(`sleep ${seconds} & sleep ${seconds}`, {prefix: '', terminal: false, mark: of})],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  const own = `601.${process.pid}`;
  const others = `602.${process.pid}`;
  const [mine, theirs] = [start(mark, own), start(`${mark}0`.replace('niyanta-', 'niyanta-f'), others)];
  onTestFinished(() => {
    spawnSync('/bin/sh', ['-c', `kill -KILL -${mine.pid} -${theirs.pid}`]);
  });
  await Promise.all([mine, theirs].map(({stderr}) => new Promise(resolve => stderr.once('data', resolve))));
  await expect.poll(() => [running(own), running(others)]).toEqual([2, 2]);
  spawnSync('/bin/sh', ['-c', killMarked(mark, '')]);
  expect([running(own), running(others)]).toEqual([0, 2]);
});

test('a shell that cannot become root ends, and says nothing that looks like a shell', () => {
  // `id` of an ordinary user, and a sudo that asks for a password.
  const {stdout, status} = spawnSync('/bin/sh', ['-c', shellLine(mark)], {
    env: {PATH: '/nowhere'},
    encoding: 'utf8',
    input: 'echo went on',
  });
  expect([stdout, status === 0]).toEqual(['', false]);
});

/** How many processes sleep for so long. */
const running = (seconds: string): number =>
  readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandLine(pid) === `sleep\0${seconds}\0`).length;

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}
