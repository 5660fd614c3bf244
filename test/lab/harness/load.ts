import {Agent, request} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';

export interface LoadTarget {
  /** Of a host's proxy. */
  readonly address: string;
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookies: readonly string[];
}

/**
 * Callers with kept-alive connections, each with one request after the other, that count what comes back. A request on a
 * kept connection that the proxy had just closed is sent again on a new one, as browsers and Node's documentation
 * (request.reusedSocket) do; those are counted apart.
 */
export class Load {
  readonly failures: string[] = [];
  /** Milliseconds of each request, in order. */
  readonly times: number[] = [];
  /** How often each body came. */
  readonly bodies = new Map<string, number>();
  resent = 0;
  #running = true;
  readonly #ended: Promise<unknown>;

  constructor(targets: readonly LoadTarget[], {callers = 4, pauseMs = 4} = {}) {
    const all = Array.from({length: callers}, (_, index) => this.#call(targets, index, pauseMs));
    this.#ended = Promise.all(all);
  }

  get requests(): number {
    return this.times.length;
  }

  /** Answers with a body until now, and forgets them. */
  take(): ReadonlyMap<string, number> {
    const seen = new Map(this.bodies);
    this.bodies.clear();
    return seen;
  }

  async stop(): Promise<this> {
    this.#running = false;
    await this.#ended;
    return this;
  }

  async #call(targets: readonly LoadTarget[], index: number, pauseMs: number): Promise<void> {
    const agent = new Agent({keepAlive: true, maxSockets: targets.length});
    for (let turn = index; this.#running; turn += 1) {
      const began = performance.now();
      const target = targets[turn % targets.length]!;
      try {
        const {status, body} = await this.#ask(target, agent);
        if (status === 200) this.bodies.set(body, (this.bodies.get(body) ?? 0) + 1);
        else this.failures.push(`${target.address}: ${status} ${body}`);
      } catch (error) {
        this.failures.push(`${target.address}: ${error}`);
      }
      this.times.push(performance.now() - began);
      await sleep(pauseMs);
    }
    agent.destroy();
  }

  async #ask(target: LoadTarget, agent: Agent): Promise<Answer> {
    for (;;) {
      const end = await ask(target, {agent});
      if (end !== 'stale') return end;
      this.resent += 1;
    }
  }
}

/** One request; `stale` when a kept connection was closed before anything of the answer came. */
export function ask(
  {address, port = 80, host = 'shop.test', path = '/'}: LoadTarget,
  {agent, cookie}: {readonly agent?: Agent; readonly cookie?: string} = {},
): Promise<Answer | 'stale'> {
  return new Promise((resolve, reject) => {
    const headers = {host, ...(cookie && {cookie})};
    const asking = request({host: address, port, path, headers, agent, timeout: 10_000}, answer => {
      const chunks: Buffer[] = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: Buffer.concat(chunks).toString().trim(),
          cookies: answer.headers['set-cookie'] ?? [],
        }),
      );
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer within 10 s')));
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const closed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      if (asking.reusedSocket && closed) resolve('stale');
      else reject(error);
    });
    asking.end();
  });
}

/** The value that this part of sorted times is at or below: 0.99 for p99. */
export function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
