import type {Connection, Output, RemoteProcess} from '../hosts/connection.ts';
import {OutsideError} from '../spec/errors.ts';
import type {HostScript} from './containers/host-script.ts';
import type {Fence} from './fence-commands.ts';
import {WorkerAnswers} from './worker-answers.ts';
import {worker} from './worker-script.ts';

export interface WorkOptions {
  /** How many of those that have a limit may run at once on the host; none: it waits for nobody. */
  readonly limit?: number;
  /** Milliseconds from when it begins. */
  readonly timeoutMs: number;
}

interface Job {
  readonly what: string;
  readonly timeoutMs: number;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
  timer?: NodeJS.Timeout;
}

/**
 * A host's worker as seen from here: scripts go to it as they come, and each gets its own end. It is started with the
 * first script, and anew when it was lost; who waited for it then gets a transient error, since scripts may be repeated.
 */
export class HostWorker {
  readonly #connection: Connection;
  readonly #fence: Fence;
  #running?: Promise<Running>;

  constructor(connection: Connection, fence: Fence) {
    this.#connection = connection;
    this.#fence = fence;
  }

  /** How a script ended. Errors: OutsideError `timeout`, `connection-lost`, transient. */
  async run(script: HostScript, options: WorkOptions): Promise<Output> {
    this.#running ??= this.#start();
    const running = await this.#running;
    return running.run(script, options);
  }

  /** What has not begun does not begin any more. */
  end(): void {
    this.#running?.then(
      running => running.end(),
      () => undefined,
    );
  }

  #start(): Promise<Running> {
    const forget = () => {
      if (this.#running === starting) this.#running = undefined;
    };
    const starting = this.#connection
      .spawn(worker(this.#fence))
      .then(process => new Running(this.#connection.host, process, forget));
    starting.catch(forget);
    return starting;
  }
}

/** One process on the host, as long as it lives. */
class Running {
  readonly #host: string;
  readonly #process: RemoteProcess;
  readonly #jobs = new Map<number, Job>();
  readonly #onOver: () => void;
  #last = 0;
  #over?: unknown;

  constructor(host: string, process: RemoteProcess, onOver: () => void) {
    this.#host = host;
    this.#process = process;
    this.#onOver = onOver;
    const answers = new WorkerAnswers({
      began: id => this.#began(id),
      ended: (id, output) => this.#ended(id, output),
    });
    let said = '';
    process.stdin.on('error', () => undefined);
    process.stdout.on('data', (chunk: Buffer) => answers.feed(chunk));
    process.stderr.on('data', chunk => (said = `${said}${chunk}`.slice(-2000)));
    process.exit.then(
      () => this.#lose(interrupted(host, said)),
      error => this.#lose(error),
    );
  }

  run({what, text}: HostScript, {limit = 0, timeoutMs}: WorkOptions): Promise<Output> {
    if (this.#over) return Promise.reject(this.#over);
    this.#last += 1;
    const id = this.#last;
    const {promise, resolve, reject} = Promise.withResolvers<Output>();
    this.#jobs.set(id, {what, timeoutMs, resolve, reject});
    const body = Buffer.from(text);
    this.#process.stdin.write(`${id} ${limit} ${body.length} ${what.replaceAll('\n', ' ')}\n`);
    this.#process.stdin.write(body);
    return promise;
  }

  end(): void {
    this.#process.stdin.end();
  }

  #began(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.timer = setTimeout(() => {
      this.#jobs.delete(id);
      job.reject(late(this.#host, job));
      // Nothing less ends what hangs; the others are begun again by who waits for them.
      this.#process.kill();
    }, job.timeoutMs);
  }

  #ended(id: number, output: Output): void {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    clearTimeout(job?.timer);
    job?.resolve(output);
  }

  #lose(error: unknown): void {
    this.#over = error;
    this.#onOver();
    for (const job of this.#jobs.values()) {
      clearTimeout(job.timer);
      job.reject(error);
    }
    this.#jobs.clear();
  }
}

const late = (host: string, {what, timeoutMs}: Job): OutsideError =>
  new OutsideError({
    code: 'timeout',
    message: `${host}: could not ${what} within ${timeoutMs / 1000} s`,
    hint: 'The host may be overloaded: look at it with niyanta host inspect, then run the same command again.',
    host,
    transient: true,
  });

const interrupted = (host: string, said: string): OutsideError =>
  new OutsideError({
    code: 'connection-lost',
    message: `${host}: what was being done there was ended${said.trim() === '' ? '' : `: ${said.trim().split('\n').at(-1)}`}`,
    hint: 'Run the same command again: what was done stays done, and niyanta goes on from there.',
    host,
    transient: true,
  });
