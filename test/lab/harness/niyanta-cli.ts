import {type ChildProcess, spawn} from 'node:child_process';
import {homedir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = join(root, 'bin', process.env.NIYANTA_TEST_BUILT === '1' ? 'run.js' : 'dev.js');

export interface CliOptions {
  readonly cwd?: string;
  /** Beside a clean environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input; without it there is none. */
  readonly input?: string | Buffer;
  /** Milliseconds after which the command is killed and the test fails. Default 150 000. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON value; throws with the whole output when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the command documents.
  readonly json: any;
  /** Standard output as JSON, a value a line. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly jsonLines: any[];
}

/** Runs the real command line in a process of its own, without a terminal and without this machine's settings. */
export async function niyanta(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startNiyanta(args, options);
  child.stdin!.end(options.input ?? '');
  const limit = options.timeoutMs ?? 150_000;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limit);
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout!),
    textOf(child.stderr!),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  clearTimeout(timer);
  if (late) throw new Error(`niyanta ${args.join(' ')} took more than ${limit} ms\n${stdout}\n${stderr}`);
  const parse = (text: string) => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`niyanta ${args.join(' ')} did not print JSON\n${stdout}\n${stderr}`, {cause});
    }
  };
  return {
    code,
    stdout,
    stderr,
    get json() {
      return parse(stdout);
    },
    get jsonLines() {
      return stdout.trimEnd().split('\n').map(parse);
    },
  };
}

/** The same, running: for `logs -f`, Ctrl-C and kill -9. The caller ends it. */
export function startNiyanta(args: readonly string[], options: CliOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: options.cwd,
    env: environment(options.env ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that ends before it read its input is the command's business.
  child.stdin!.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return child;
}

function environment(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const home = homedir();
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    // By which .ci/run tells what it started.
    NIYANTA_CI_RUN: process.env.NIYANTA_CI_RUN,
    XDG_STATE_HOME: process.env.XDG_STATE_HOME || join(home, '.local/state'),
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(home, '.cache'),
    ...extra,
  };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
