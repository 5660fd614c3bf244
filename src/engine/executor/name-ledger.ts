import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer} from './actions.ts';

/**
 * Who answers to a name on each host while a plan runs. Joins and leaves that come while a host's files are being
 * written are written together by the next write, so forty replicas do not cost forty times forty files.
 */
export class NameLedger {
  readonly #peers = new Map<HostName, Map<string, Peer>>();
  readonly #writing = new Map<HostName, {current: Promise<void>; next?: Promise<void>}>();
  readonly #write: Actions['writeNames'];

  constructor(write: Actions['writeNames'], present: readonly {readonly host: HostName; readonly peer: Peer}[]) {
    this.#write = write;
    for (const {host, peer} of present) this.#on(host).set(peer.id, peer);
  }

  peers(host: HostName): readonly Peer[] {
    return [...this.#on(host).values()];
  }

  /** Resolves when every container on the host knows of it. */
  join(host: HostName, peer: Peer): Promise<void> {
    this.#on(host).set(peer.id, peer);
    return this.refresh(host);
  }

  /** Resolves when no container on the host is sent to it any more. */
  leave(host: HostName, id: string): Promise<void> {
    return this.#on(host).delete(id) ? this.refresh(host) : Promise.resolve();
  }

  refresh(host: HostName): Promise<void> {
    const writing = this.#writing.get(host);
    if (writing) {
      writing.next ??= writing.current.catch(() => undefined).then(() => this.#begin(host));
      return writing.next;
    }
    return this.#begin(host);
  }

  #begin(host: HostName): Promise<void> {
    const current = this.#write(host, this.peers(host));
    const state: {current: Promise<void>; next?: Promise<void>} = {current};
    this.#writing.set(host, state);
    const clear = () => {
      if (this.#writing.get(host) === state && !state.next) this.#writing.delete(host);
    };
    current.then(clear, clear);
    return current;
  }

  #on(host: HostName): Map<string, Peer> {
    let peers = this.#peers.get(host);
    if (!peers) {
      peers = new Map();
      this.#peers.set(host, peers);
    }
    return peers;
  }
}
