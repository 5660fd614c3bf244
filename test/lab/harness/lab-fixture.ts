import type {ChildProcess} from 'node:child_process';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll} from 'vitest';
import {
  type Lab,
  type LabHost,
  type LabUpOptions,
  labDown,
  labExec,
  labHeal,
  labHost,
  labKill,
  labPartition,
  labReboot,
  labUp,
  mustReadLab,
} from '../../../src/engine/lab/index.ts';
import {type CliOptions, type CliResult, niyanta, startNiyanta} from './niyanta-cli.ts';
import {scratchFolder, uniqueLabName} from './test-run.ts';

/** Default: one prepared bookworm host. */
export type LabFixtureOptions = Partial<Omit<LabUpOptions, 'name' | 'onProgress'>>;

/** What a program in a host left behind. */
export type Ran = Awaited<ReturnType<typeof labExec>>;

/** A lab of a test's own, with what tests do to it. */
export class LabFixture {
  readonly name: string;
  /** A folder of the test's own, removed with the lab. */
  readonly scratch: string;
  readonly projects: TestProject[] = [];

  constructor(name: string, scratch: string) {
    this.name = name;
    this.scratch = scratch;
  }

  get lab(): Lab {
    return mustReadLab(this.name);
  }

  host(name: string): LabHost {
    return labHost(this.lab, name);
  }

  /** Runs a program at the host's console, whatever its exit code. */
  exec(host: string, argv: readonly string[], input?: string): Promise<Ran> {
    return labExec(this.name, host, argv, input);
  }

  /** Runs shell text at the host's console and returns what it printed; fails the test on a non-zero exit. */
  async sh(host: string, text: string): Promise<string> {
    const done = await this.exec(host, ['sh', '-euc', text]);
    if (done.code !== 0) throw new Error(`on ${host}: ${text}\nexit ${done.code}\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
  }

  kill = (host: string): Promise<void> => labKill(this.name, host);
  reboot = (host: string): Promise<void> => labReboot(this.name, host);
  partition = (host: string): Promise<void> => labPartition(this.name, host);
  heal = (host: string): Promise<void> => labHeal(this.name, host);

  /**
   * A project folder whose hosts are the lab's: niyanta.yaml, the stack as stack.yaml, and other files by their path.
   * `project` is added to niyanta.yaml as it is.
   */
  async project(
    stack: string,
    files: Readonly<Record<string, string | Buffer>> = {},
    project = '',
  ): Promise<TestProject> {
    const directory = join(this.scratch, `project-${this.projects.length + 1}`);
    const head = `apiVersion: niyanta/v1\nkind: Project\nname: test\nlab: ${this.name}\n`;
    const made = new TestProject(directory, this.scratch);
    this.projects.push(made);
    for (const [path, content] of Object.entries({'niyanta.yaml': head + project, 'stack.yaml': stack, ...files})) {
      await made.write(path, content);
    }
    return made;
  }

  /** Runs the real command line; see `TestProject.niyanta` for one that starts in a project. */
  niyanta(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return niyanta(args, {cwd: this.scratch, ...options, env: {HOME: this.scratch, ...options.env}});
  }
}

/** A folder with niyanta.yaml. */
export class TestProject {
  readonly directory: string;
  /** HOME of the commands that run in it, so that no ~/.ssh of this machine has a say. */
  readonly home: string;
  readonly #started: ChildProcess[] = [];

  constructor(directory: string, home: string) {
    this.directory = directory;
    this.home = home;
  }

  async write(path: string, content: string | Buffer): Promise<void> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), {recursive: true});
    await writeFile(file, content);
  }

  /** Runs the real command line in the project's folder. */
  niyanta(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return niyanta(args, this.#options(options));
  }

  /** The same, running: for `logs -f`, Ctrl-C and kill -9. What the caller does not end is killed with the lab. */
  start(args: readonly string[], options: CliOptions = {}): ChildProcess {
    const child = startNiyanta(args, this.#options(options));
    this.#started.push(child);
    return child;
  }

  /** Kills what was started and still runs. */
  async end(): Promise<void> {
    const running = this.#started.filter(({exitCode, signalCode}) => exitCode === null && signalCode === null);
    const ended = running.map(child => new Promise(resolve => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  #options = (options: CliOptions): CliOptions => ({
    cwd: this.directory,
    ...options,
    env: {HOME: this.home, ...options.env},
  });
}

/** Runs `work` on a lab of its own, which is gone afterwards, whatever happens. */
export async function withLab<T>(options: LabFixtureOptions, work: (lab: LabFixture) => Promise<T>): Promise<T> {
  const fixture = await bringUp(options);
  try {
    return await work(fixture);
  } finally {
    await takeDown(fixture);
  }
}

/** One lab for all tests of a file or a `describe`: `const lab = sharedLab({hosts: 2})`, then `lab().exec(…)`. */
export function sharedLab(options: LabFixtureOptions = {}): () => LabFixture {
  let fixture: LabFixture | undefined;
  beforeAll(async () => {
    fixture = await bringUp(options);
  });
  afterAll(async () => {
    if (fixture) await takeDown(fixture);
  });
  return () => {
    if (!fixture) throw new Error('the lab is there from beforeAll to afterAll only');
    return fixture;
  };
}

async function bringUp(options: LabFixtureOptions): Promise<LabFixture> {
  const name = uniqueLabName();
  try {
    await labUp({hosts: 1, ...options, name});
  } catch (error) {
    await labDown(name);
    throw error;
  }
  return new LabFixture(name, await scratchFolder());
}

async function takeDown(fixture: LabFixture): Promise<void> {
  await Promise.all(fixture.projects.map(project => project.end()));
  await labDown(fixture.name);
  // A process that was killed a moment ago may still write there.
  await rm(fixture.scratch, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
}
