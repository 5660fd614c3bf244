import type {HostName} from '../spec/stack.ts';

/**
 * Writes what is latest to hosts, one write a host at a time: changes that come while a host is being written to are
 * written together by the next write, so forty replicas do not cost forty times forty files.
 */
export class LatestWrites {
  readonly #writing = new Map<HostName, {current: Promise<void>; next?: Promise<void>}>();
  readonly #write: (host: HostName) => Promise<void>;

  constructor(write: (host: HostName) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the host has what was latest when this was called, or something newer. */
  to(host: HostName): Promise<void> {
    const writing = this.#writing.get(host);
    if (writing) {
      writing.next ??= writing.current.catch(() => undefined).then(() => this.#begin(host));
      return writing.next;
    }
    return this.#begin(host);
  }

  /** Rejects with what the first host that failed says; other hosts are written to whichever fails. */
  async toAll(hosts: Iterable<HostName>): Promise<void> {
    const ends = await Promise.allSettled([...hosts].map(host => this.to(host)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #begin(host: HostName): Promise<void> {
    const current = this.#write(host);
    const state: {current: Promise<void>; next?: Promise<void>} = {current};
    this.#writing.set(host, state);
    const clear = () => {
      if (this.#writing.get(host) === state && !state.next) this.#writing.delete(host);
    };
    current.then(clear, clear);
    return current;
  }
}
