import {Slots} from '../../hosts/slots.ts';
import {pause} from '../clock.ts';
import type {Duty} from '../duty.ts';
import {looksLikePartition, PerMinute} from '../leading/silence.ts';
import type {Leadership} from '../store/store.ts';
import {removeUnused} from './bundles/lay-out-bundle.ts';
import {EnvironmentKeeper, type KeeperParts} from './environment-keeper.ts';
import type {ChangeRow, EnvironmentId, EnvironmentRow} from './environment-rows.ts';
import {HostEvents} from './host-events.ts';
import {hostConditions, type ServedParts} from './served-parts.ts';

const roundMs = 2000;
const pageSize = 500;
const atOnce = {look: 4, change: 4} as const;
const tidyMs = 3_600_000;

/** Keeps all environments while the coordinator leads: one keeper each, and one stream of events a host. */
export class EnvironmentDuty implements Duty {
  readonly #parts: ServedParts;
  #term?: EnvironmentTerm;

  constructor(parts: ServedParts) {
    this.#parts = parts;
  }

  begin(leadership: () => Leadership | undefined): void {
    this.#term = new EnvironmentTerm(this.#parts, leadership);
  }

  wake(): void {
    this.#term?.wake();
  }

  async end(): Promise<void> {
    const term = this.#term;
    this.#term = undefined;
    await term?.end();
  }
}

class EnvironmentTerm {
  readonly #parts: KeeperParts;
  readonly #keepers = new Map<EnvironmentId, EnvironmentKeeper>();
  readonly #over = new AbortController();
  readonly #events: HostEvents;
  readonly #unsubscribe: () => void;
  readonly #running: Promise<void>;
  #wake = Promise.withResolvers<void>();
  #tidiedAt?: number;

  constructor(parts: ServedParts, leadership: () => Leadership | undefined) {
    const slots = {look: new Slots(atOnce.look), change: new Slots(atOnce.change)};
    this.#parts = {
      ...parts,
      leadership,
      place: (what, signal) => slots[what].take(signal),
      rate: new PerMinute(parts.settings().partition.perMinute, parts.clock.monotonicMs()),
      partition: () => looksLikePartition(hostConditions(parts).of, parts.settings().partition),
    };
    this.#events = new HostEvents({
      ...parts,
      onContainer: id => {
        for (const keeper of this.#keepers.values()) keeper.hint(id);
      },
    });
    // A host that is lost, or is back, concerns whoever has something there.
    this.#unsubscribe = parts.pool.subscribe(() => {
      for (const keeper of this.#keepers.values()) keeper.hostsChanged();
    });
    this.#running = this.#rounds();
  }

  wake(): void {
    this.#wake.resolve();
  }

  async end(): Promise<void> {
    this.#over.abort();
    this.#wake.resolve();
    this.#unsubscribe();
    await this.#running;
    await Promise.all([...[...this.#keepers.values()].map(keeper => keeper.end()), this.#events.end()]);
  }

  async #rounds(): Promise<void> {
    const {clock, log} = this.#parts;
    const {signal} = this.#over;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      try {
        await this.#round();
      } catch (error) {
        log.warn({err: error}, 'the environments could not be read');
      }
      const resting = new AbortController();
      await Promise.race([pause(clock, roundMs, AbortSignal.any([signal, resting.signal])), this.#wake.promise]);
      resting.abort();
    }
  }

  async #round(): Promise<void> {
    const {store} = this.#parts;
    if (!this.#parts.leadership()) return;
    const open = Map.groupBy(await store.openChanges(), ({environment}) => environment);
    const rows = await this.#all();
    if (this.#over.signal.aborted) return;
    const ended = [...this.#keepers].filter(([id]) => !rows.some(row => row.id === id));
    for (const [id, keeper] of ended) {
      this.#keepers.delete(id);
      await keeper.end();
    }
    for (const row of rows) this.#see(row, open.get(row.id) ?? []);
    this.#events.follow(rows.length > 0);
    await this.#tidy(rows);
  }

  #see(row: EnvironmentRow, changes: readonly ChangeRow[]): void {
    const keeper = this.#keepers.get(row.id);
    if (keeper) keeper.take(row, changes);
    else this.#keepers.set(row.id, new EnvironmentKeeper(row, changes, this.#parts));
  }

  async #all(): Promise<readonly EnvironmentRow[]> {
    const rows: EnvironmentRow[] = [];
    for (let after: string | undefined; ; ) {
      const {items, next} = await this.#parts.store.environments('everyone', {after, limit: pageSize});
      rows.push(...items);
      if (next === undefined) return rows;
      after = next;
    }
  }

  async #tidy(rows: readonly EnvironmentRow[]): Promise<void> {
    const {clock, folder} = this.#parts;
    const now = clock.monotonicMs();
    if (this.#tidiedAt !== undefined && now - this.#tidiedAt < tidyMs) return;
    this.#tidiedAt = now;
    await removeUnused(folder, new Set(rows.map(({bundle}) => bundle)), Date.now());
  }
}
