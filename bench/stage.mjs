// A lab and a project folder of a benchmark's own. Both are gone afterwards: at the end, on an error, on Ctrl-C.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {root} from '../scripts/node24.mjs';
import {labDown, labExec, labUp, readLab} from '../src/engine/lab/index.ts';
import {busyboxArchive} from '../test/lab/harness/busybox-archive.ts';

const entry = join(root, 'bin', 'run.js');
let made = 0;

/** Runs `work` on a lab of so many hosts, with Debian packages beside niyanta's own where told. */
export async function onStage({hosts = 1, extra = []}, work) {
  if (!existsSync(join(root, 'dist'))) build();
  const name = `bench-${process.pid}-${++made}`;
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-bench-'));
  const stage = new Stage(name, folder);
  const clear = async () => {
    await stage.endRunning();
    await labDown(name);
    await rm(folder, {recursive: true, force: true});
  };
  let interrupted;
  const onSignal = signal => {
    interrupted ??= clear().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  try {
    await labUp({name, hosts, extra, onProgress: text => process.stderr.write(`${text}\n`)});
    await stage.write('niyanta.yaml', `apiVersion: niyanta/v1\nkind: Project\nname: bench\nlab: ${name}\n`);
    await stage.write('web.tar', await busyboxArchive());
    return await work(stage);
  } finally {
    // What fails because its lab is being taken down is no failure: the process ends when all is gone.
    await (interrupted ?? clear());
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
  }
}

/** niyanta is measured as it is installed: built. */
export function build() {
  const {status} = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {stdio: ['ignore', 2, 2]});
  if (status !== 0) throw new Error('the build failed');
}

class Stage {
  #running = new Set();

  constructor(name, folder) {
    this.name = name;
    this.folder = folder;
  }

  /** A file of the project. */
  write = (path, content) => writeFile(join(this.folder, path), content);

  /** The image of `web.tar`. */
  archive = () => busyboxArchive();

  get lab() {
    return readLab(this.name);
  }

  /** Seconds that the whole process takes; throws with what it said when it fails. */
  niyanta = (...args) => this.niyantaWith({}, ...args);

  /** The same with more in its environment. */
  niyantaWith = (env, ...args) => this.run([process.execPath, entry, ...args], env);

  /**
   * Seconds from the start of `niyanta … --json` to the first event for which `holds` answers true; it is waited for
   * to its end all the same.
   */
  async secondsUntil(holds, ...args) {
    const began = performance.now();
    let seconds;
    let line = '';
    await this.run([process.execPath, entry, ...args, '--json'], {}, chunk => {
      const lines = `${line}${chunk}`.split('\n');
      line = lines.pop();
      for (const each of lines) if (holds(JSON.parse(each))) seconds ??= (performance.now() - began) / 1000;
    });
    if (seconds === undefined) throw new Error(`niyanta ${args.join(' ')} ended without the event that was waited for`);
    return seconds;
  }

  /** Seconds that a program of this machine takes, whole process; `onOutput` gets its output as it comes. */
  async run([program, ...args], extra = {}, onOutput = () => {}) {
    // Without this machine's settings, as the tests have it.
    const env = {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: this.folder,
      XDG_STATE_HOME: process.env.XDG_STATE_HOME || join(homedir(), '.local/state'),
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
      ...extra,
    };
    const began = performance.now();
    const child = spawn(program, args, {cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe']});
    const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    this.#running.add({child, ended});
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => (said += chunk));
    child.stdout.on('data', onOutput);
    const code = await ended;
    if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}\n${said}`);
    return (performance.now() - began) / 1000;
  }

  /** Kills what `run` started and waits until it is gone, so that nothing writes where it is being cleared up. */
  async endRunning() {
    for (const {child} of this.#running) child.kill('SIGKILL');
    await Promise.allSettled([...this.#running].map(({ended}) => ended));
  }

  /** What a shell text prints at a host's console; throws when it fails. */
  async sh(host, text, input = '') {
    const {code, stdout, stderr} = await labExec(this.name, host, ['sh', '-euc', text], input);
    if (code !== 0) throw new Error(`on ${host}: ${text}\nexit ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Seconds that a shell text takes, measured on the host itself, so that reaching its console is not in it. */
  async secondsOf(host, text) {
    const clock = 'date +%s%N';
    const stdout = await this.sh(
      host,
      `began=$(${clock}); { ${text}; } >/dev/null 2>&1; echo $(( $(${clock}) - began ))`,
    );
    return Number(stdout.split('\n').at(-1)) / 1e9;
  }

  /** The same at every host at once. */
  everywhere = text => Promise.all(this.lab.hosts.map(({name}) => this.sh(name, text)));
}

/** A stack of one service a name, each of so many replicas of the image. */
export const stackOf = services =>
  `apiVersion: niyanta/v1\nkind: Stack\nname: bench\nservices:\n${Object.entries(services)
    .map(([name, replicas]) => `  ${name}: {archive: ./web.tar, replicas: ${replicas}, stop: {grace: 0s}}\n`)
    .join('')}`;
