import {type ChildProcess, spawn} from 'node:child_process';
import {realpath} from 'node:fs/promises';
import {join} from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {initProcess} from '../../../src/engine/lab/host-power.ts';
import {labHost} from '../../../src/engine/lab/index.ts';
import type {LabFixture} from './lab-fixture.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = join(root, 'bin', process.env.NIYANTA_TEST_BUILT === '1' ? 'run.js' : 'dev.js');

/** A copy of a mount of this machine, taken to a host's mount namespace: open_tree(2) and move_mount(2). */
const bringMount = `
my ($init, $path) = @ARGV;
my $fd = syscall(428, -100, $path, 0x8001);
die "open_tree $path: $!" if $fd < 0;
my $move = 'my ($fd, $path) = @ARGV; my $empty = ""; system("mkdir", "-p", $path); die "move_mount: $!" if syscall(429, $fd + 0, $empty, -100, $path, 4) != 0';
exec "nsenter", "--target=$init", "--mount", "perl", "-e", $move, $fd, $path or die "nsenter: $!";
`;

/** Has a host see this machine's niyanta, and the Node that runs it, where they are here. */
export async function bringNiyanta(lab: LabFixture, host: string): Promise<void> {
  const init = initOf(lab, host);
  const modules = await realpath(join(root, 'node_modules'));
  for (const path of new Set([root.replace(/\/$/, ''), modules, join(process.execPath, '..')]))
    await execa('perl', ['-e', bringMount, String(init), path]);
}

/** `niyanta worker` on a host of a lab, from its first beat that is answered on. */
export class WorkerInHost {
  readonly child: ChildProcess;
  readonly #lab: LabFixture;
  readonly #host: string;
  readonly #name: string;
  #said = '';

  private constructor(lab: LabFixture, host: string, name: string, child: ChildProcess) {
    this.#lab = lab;
    this.#host = host;
    this.#name = name;
    this.child = child;
  }

  /** Lines of its log: of JSON. */
  get said(): readonly string[] {
    return this.#said.split('\n').filter(Boolean);
  }

  static async start(
    lab: LabFixture,
    host: string,
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<WorkerInHost> {
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const variables = Object.entries({PATH: path, HOME: '/root', ...env}).map(([key, value]) => `${key}=${value}`);
    const clean = ['env', '-i', ...variables];
    const command = [process.execPath, entry, 'worker', '--json', '--name', name, ...args];
    const child = spawn('nsenter', [`--target=${initOf(lab, host)}`, '--all', ...clean, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const worker = new WorkerInHost(lab, host, name, child);
    let text = '';
    child.stderr!.on('data', chunk => {
      worker.#said += String(chunk);
      if (process.env.WORKER_LOG) process.stderr.write(chunk);
    });
    for await (const chunk of child.stdout!) {
      text += String(chunk);
      if (text.trimEnd().endsWith('}')) return worker;
    }
    throw new Error(`worker ended: ${text}${worker.#said}`);
  }

  /** Of the process itself: nsenter, which waits for it, has its end. Resolves with the exit code. */
  async end(signal: 'KILL' | 'TERM'): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.child.once('exit', resolve));
    await this.#lab.sh(this.#host, `pkill -${signal} -f '[w]orker --json --name ${this.#name} '`);
    return ended;
  }
}

function initOf(lab: LabFixture, host: string): number {
  const init = initProcess(lab.lab, labHost(lab.lab, host));
  if (init === undefined) throw new Error(`${host} is off`);
  return init;
}
