import {spawn, spawnSync} from 'node:child_process';

/** Whether a program is there and can tell its version. */
export const has = (program, ...words) => spawnSync(program, words, {stdio: 'ignore'}).status === 0;

/** Runs a program to its end, while what else was started goes on; the problem, with the end of what it said, or nothing. */
export async function problemOf(program, words, {env = {}, ...options} = {}) {
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(program, words, {env: {...process.env, ...env}, stdio, ...options});
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text;
    });
  const end = await new Promise(resolve => {
    child.on('error', error => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  if (end === 0) return [];
  return [
    `${program} ${words.join(' ')}: ended with ${end}`,
    ...said
      .trimEnd()
      .split('\n')
      .slice(-60)
      .map(line => line.slice(0, 300)),
  ];
}
