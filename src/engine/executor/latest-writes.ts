import type {HostName} from '../spec/stack.ts';

/** How long a host is left alone after a write, and by which clock; milliseconds. */
export interface Rest {
  readonly ms: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Writes what is latest to hosts, one write a host at a time: changes that come while a host is being written to, or rests
 * after that, are written together by the next write, so forty replicas do not cost forty times forty files.
 */
export class LatestWrites {
  /** The last one that has begun, and the one that is to follow it. */
  readonly #writes = new Map<HostName, {current: Promise<void>; next?: Promise<void>}>();
  readonly #written = new Map<HostName, number>();
  readonly #write: (host: HostName) => Promise<void>;
  readonly #rest: Rest | undefined;

  constructor(write: (host: HostName) => Promise<void>, rest?: Rest) {
    this.#write = write;
    this.#rest = rest;
  }

  /** Resolves when the host has what was latest when this was called, or something newer. */
  to(host: HostName): Promise<void> {
    const last = this.#writes.get(host);
    if (!last) return this.#begin(host);
    last.next ??= last.current
      .catch(() => undefined)
      .then(() => this.#rested(host))
      .then(() => this.#begin(host));
    return last.next;
  }

  /** Rejects with what the first host that failed says; other hosts are written to whichever fails. */
  async toAll(hosts: Iterable<HostName>): Promise<void> {
    const ends = await Promise.allSettled([...hosts].map(host => this.to(host)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #begin(host: HostName): Promise<void> {
    const current = this.#write(host).then(() => {
      if (this.#rest) this.#written.set(host, this.#rest.now());
    });
    this.#writes.set(host, {current});
    return current;
  }

  async #rested(host: HostName): Promise<void> {
    const written = this.#written.get(host);
    if (!this.#rest || written === undefined) return;
    const left = written + this.#rest.ms - this.#rest.now();
    if (left > 0) await this.#rest.sleep(left);
  }
}
