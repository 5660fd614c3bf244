import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer} from './actions.ts';
import {LatestWrites} from './latest-writes.ts';

/** A container that answers to a name, or will. */
export interface Listed {
  readonly host: HostName;
  readonly peer: Peer;
}

/**
 * Who answers to a name in the environment while a plan runs, and whose hosts files tell of them: on every host that has
 * containers of it.
 */
export class NameLedger {
  readonly #listed = new Map<string, Listed>();
  /** Being started, or waiting for a switch: they know the others, who do not know them yet. */
  readonly #arriving = new Map<string, Listed>();
  readonly #silent: readonly Peer[];
  readonly #writes: LatestWrites;

  /** `silent` are listed although their hosts cannot be reached, so that nothing is written there. */
  constructor(write: Actions['writeNames'], present: readonly Listed[], silent: readonly Peer[] = []) {
    this.#silent = silent;
    for (const one of present) this.#listed.set(one.peer.id, one);
    this.#writes = new LatestWrites(host => {
      const all = [...this.#listed.values(), ...this.#arriving.values()];
      const selves = all.filter(one => one.host === host).map(({peer}) => peer);
      return selves.length === 0 ? Promise.resolve() : write(host, selves, this.peers());
    });
  }

  /** Of the whole environment. */
  peers(): readonly Peer[] {
    return [...[...this.#listed.values()].map(({peer}) => peer), ...this.#silent];
  }

  /** A container that is about to be created. Returns who it shall know; what changes until it joins, it is told. */
  arrive(host: HostName, peer: Peer): readonly Peer[] {
    this.#arriving.set(peer.id, {host, peer});
    return this.peers();
  }

  /** One that stood still and is about to be started again: by then it knows who has come and gone meanwhile. */
  return(host: HostName, peer: Peer): Promise<void> {
    this.arrive(host, peer);
    return this.refresh(host);
  }

  /** Resolves when every container of the environment knows of it. Rejects with what the first host that failed says. */
  join(host: HostName, peer: Peer): Promise<void> {
    this.#arriving.delete(peer.id);
    this.#listed.set(peer.id, {host, peer});
    return this.#everywhere();
  }

  /** Resolves when every container of the environment knows of it in place of these, who run on and go on being told. */
  replace(host: HostName, peer: Peer, ids: readonly string[]): Promise<void> {
    return this.swap(
      ids.flatMap(id => this.#listed.get(id) ?? []),
      [{host, peer}],
    );
  }

  /** Resolves when no container of the environment is sent to it any more. Other hosts are told whichever fails. */
  leave(_host: HostName, id: string): Promise<void> {
    this.#arriving.delete(id);
    return this.#listed.delete(id) ? this.#everywhere() : Promise.resolve();
  }

  /** Lists those of a host that was lost no more, where another replica of their service is listed on another host. */
  forget(host: HostName): Promise<void> {
    const elsewhere = [...this.#listed.values()].filter(one => one.host !== host).map(({peer}) => peer.service);
    for (const [id, one] of this.#listed)
      if (one.host === host && elsewhere.includes(one.peer.service)) this.#listed.delete(id);
    return this.#everywhere();
  }

  /** Lists `to` in place of `from`, who run on and go on being told. Resolves when every container knows. */
  swap(from: readonly Listed[], to: readonly Listed[]): Promise<void> {
    for (const one of from) {
      if (this.#listed.delete(one.peer.id)) this.#arriving.set(one.peer.id, one);
    }
    for (const one of to) {
      this.#arriving.delete(one.peer.id);
      this.#listed.set(one.peer.id, one);
    }
    return this.#everywhere();
  }

  refresh(host: HostName): Promise<void> {
    return this.#writes.to(host);
  }

  #everywhere(): Promise<void> {
    return this.#writes.toAll(new Set([...this.#listed.values(), ...this.#arriving.values()].map(({host}) => host)));
  }
}
