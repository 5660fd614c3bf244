import {once} from 'node:events';
import process from 'node:process';
import type {Writable} from 'node:stream';
import {inert} from '../engine/view/github-commands.ts';
import {inGitHubActions} from './format.ts';

/** Writes a line and waits while the reader is behind, so that streaming never fills memory. */
export async function writeLine(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed || !stream.writable) return;
  if (stream.write(`${harmless(text)}\n`)) return;
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
}

/** Writes a line to standard error, for people; their terminal keeps up. */
export function tell(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

/** Nothing that hosts, containers or files say may be a command to GitHub's runner, which obeys lines of either stream. */
const harmless = (text: string): string => (inGitHubActions(process.env) ? inert(text) : text);

/** Resolves when everything written so far has left the process: pipes are asynchronous on POSIX. */
export function flushed(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise(resolve => stream.write('', () => resolve()));
}
