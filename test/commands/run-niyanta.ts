import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the sources as a child process, without a terminal and without the caller's NIYANTA_ settings. */
export function niyanta(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return run(process.execPath, [`${root}bin/dev.js`, ...args], env);
}

export function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(NIYANTA_|GITHUB_|NO_COLOR|FORCE_COLOR|NODE_ENV)/.test(name),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      env: {...Object.fromEntries(clean), ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = {stdout: '', stderr: ''};
    child.stdout.setEncoding('utf8').on('data', chunk => {
      text.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', chunk => {
      text.stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', code => resolve({code, ...text}));
  });
}
