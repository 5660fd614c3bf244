import type {RecordedHistory} from '../../engine/coordinator/harness/recorded-history.ts';
import type {ServedCoordinator} from './served-coordinator.ts';

const second = 1000;

/** Several `niyanta serve` on one database, of which some do not answer at times, and clients that submit to any of them. */
export class Coordinators {
  readonly acknowledged = new Map<string, RecordedHistory['acknowledged'][number]>();
  readonly #start: (key?: string) => Promise<ServedCoordinator>;
  readonly #starting = new Set<Promise<unknown>>();
  #all: ServedCoordinator[] = [];
  #key?: string;
  #submitted = 0;
  #going = false;
  #clients: readonly Promise<void>[] = [];

  constructor(start: (key?: string) => Promise<ServedCoordinator>) {
    this.#start = start;
  }

  async add(): Promise<ServedCoordinator> {
    const served = await this.#start(this.#key);
    this.#key ??= served.adminKey;
    this.#all.push(served);
    return served;
  }

  /** Who leads; asked until one says that it does. Not one of `but`. */
  async leader(...but: readonly ServedCoordinator[]): Promise<ServedCoordinator> {
    const until = performance.now() + 60 * second;
    while (performance.now() < until) {
      for (const served of this.#all.filter(each => !but.includes(each))) {
        const ready = await answered(served.ask('GET', '/ready'));
        if (ready?.leads) return served;
      }
      await rest(50);
    }
    throw new Error('nobody leads');
  }

  /** Ends one at once, and starts another in its place meanwhile. */
  kill(served: ServedCoordinator): void {
    this.#all = this.#all.filter(each => each !== served);
    served.child.kill('SIGKILL');
    const starting = this.add().finally(() => this.#starting.delete(starting));
    this.#starting.add(starting);
  }

  /** So many clients, each submitting one after the other, until `stopLoad`. */
  load(clients: number, workload: (number: number) => object): void {
    this.#going = true;
    this.#clients = Array.from({length: clients}, async () => {
      while (this.#going) await this.#submit(workload);
    });
  }

  /** Every client has its answer. */
  async stopLoad(): Promise<void> {
    this.#going = false;
    await Promise.all([...this.#clients, ...this.#starting]);
  }

  /** Those of what was acknowledged that have not ended, as one of them says. */
  async unfinished(): Promise<readonly string[]> {
    const states = 'PENDING,SCHEDULED,STARTING,RUNNING,CHECKPOINTING,PAUSED,RETRYING,LOST';
    const page = await answered(this.#any().ask('GET', `/v1/workloads?state=${states}&limit=100`));
    return page ? page.items.map(({id}: {id: string}) => id) : ['nobody answers'];
  }

  async end(): Promise<void> {
    this.#going = false;
    await Promise.allSettled(this.#starting);
    for (const {child} of this.#all) child.kill('SIGKILL');
  }

  /** Again, under the same key and elsewhere, until it is told that it was accepted. */
  async #submit(workload: (number: number) => object): Promise<void> {
    this.#submitted += 1;
    const number = this.#submitted;
    const headers = {'idempotency-key': `k${number}`};
    for (;;) {
      const accepted = await answered(this.#any().ask('POST', '/v1/workloads', {workload: workload(number)}, headers));
      if (accepted) {
        this.acknowledged.set(accepted.id, {id: accepted.id, idempotencyKey: `k${number}`});
        return rest(50);
      }
      await rest(100);
    }
  }

  #any(): ServedCoordinator {
    return this.#all[Math.floor(Math.random() * this.#all.length)]!;
  }
}

const rest = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

/** Undefined when it was not, in time or at all: of a process that is stopped, or was killed. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what the API documents.
async function answered(asking: Promise<any>): Promise<any> {
  return Promise.race([asking.catch(() => undefined), rest(3 * second)]);
}
