import {spawn} from 'node:child_process';
import {OutsideError} from '../../spec/errors.ts';

/** What is asked of whoever makes machines. */
export interface HookWish {
  readonly action: 'add' | 'remove';
  /** Of `add`: how many. */
  readonly count?: number;
  /** Of `remove`: which one; nothing runs there, and nothing is placed there any more. */
  readonly worker?: string;
  readonly reason: string;
  readonly workers: readonly string[];
  /** Workloads that fit nowhere. */
  readonly waiting: number;
}

export type Hook =
  /** Started in the directory, from which relative paths are. */
  | {readonly kind: 'command'; readonly argv: readonly string[]; readonly directory: string}
  | {readonly kind: 'url'; readonly url: string; readonly token: () => Promise<string | undefined>};

/** How much of what it says is told when it fails. Characters. */
const told = 500;

/** Calls it once. Errors: OutsideError `scaling-hook-failed`, with what it said last. */
export async function callHook(hook: Hook, wish: HookWish, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(wish);
  if (hook.kind === 'command') return runCommand(hook, body, signal);
  const token = await hook.token();
  let response: Response;
  try {
    response = await fetch(hook.url, {
      method: 'POST',
      headers: {'Content-Type': 'application/json', ...(token !== undefined && {Authorization: `Bearer ${token}`})},
      body,
      redirect: 'error',
      signal,
    });
  } catch (cause) {
    throw failed(`${new URL(hook.url).origin} did not answer`, cause);
  }
  const text = await response.text().catch(() => '');
  if (!response.ok) throw failed(`${new URL(hook.url).origin} answered ${response.status}: ${text.slice(0, told)}`);
}

function runCommand(
  {argv: [program, ...args], directory: cwd}: Hook & {readonly kind: 'command'},
  body: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {cwd, stdio: ['pipe', 'ignore', 'pipe'], signal});
    let said = '';
    child.stderr.on('data', chunk => {
      said = `${said}${chunk}`.slice(-told);
    });
    // One that does not want to know ends without reading it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(body);
    child.once('error', cause => reject(failed(`${program} could not be run: ${cause.message}`, cause)));
    child.once('close', code => {
      if (code === 0) resolve();
      else reject(failed(`${program} ended with ${code ?? 'a signal'}${said === '' ? '' : `: ${said.trim()}`}`));
    });
  });
}

const failed = (message: string, cause?: unknown): OutsideError =>
  new OutsideError({code: 'scaling-hook-failed', message, transient: true, cause});
