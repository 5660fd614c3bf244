import type {Random} from '../../scheduler/queue/random.ts';
import {ann} from '../store/samples.ts';
import type {SimHost} from './sim-host.ts';
import type {SimWorld} from './sim-world.ts';

const second = 1000;

/** What goes wrong, and when it is well again. */
export class Faults {
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #onRestored: () => void;
  #putBack?: () => void;
  #over = false;
  /** When the database was put back from a backup, of simulated time. */
  restoredAt?: number;

  constructor(world: SimWorld, random: Random, onRestored: () => void) {
    this.#world = world;
    this.#random = random;
    this.#onRestored = onRestored;
  }

  async happen(): Promise<void> {
    const kinds: readonly [number, () => void | Promise<void>][] = [
      [6, () => this.#leaderDies()],
      [6, () => this.leaderSleeps()],
      [2, () => this.#leaderStops()],
      [1, () => this.#another()],
      [5, () => this.#hostCutOff()],
      [2, () => this.#allHostsCutOff()],
      [4, () => this.#hostLosesPower()],
      [3, () => this.#databaseAway('refuses')],
      [3, () => this.#databaseAway('dark')],
      [3, () => this.#connectionsBreak()],
      [2, () => this.#clockJumps()],
      [2, () => this.#drain()],
      [1, () => this.#backUp()],
      [1, () => this.#restore()],
    ];
    await this.#random.of(kinds.flatMap(([weight, happens]) => Array.from({length: weight}, () => happens)))();
  }

  /** All of it is well from now on. */
  mend(): void {
    const {database, hosts, served} = this.#world;
    this.#over = true;
    database.breaks = 0;
    database.up();
    for (const {process} of served) process.goOn();
    for (const host of hosts) host.powered = true;
    this.#world.heal(hosts, served);
    if (this.#world.alive().length === 0) this.#world.serve();
    this.#world.note('all is well from now on');
  }

  #leaderDies(): void {
    const victim = this.#world.leader() ?? this.#any();
    if (!victim) return;
    this.#world.kill(victim);
    this.#later(this.#random.below(4 * second), () => this.#world.serve());
  }

  /** SIGSTOP, and SIGCONT later: shorter and longer than a lease. */
  leaderSleeps(): void {
    const victim = this.#random.chance(0.8) ? this.#world.leader() : this.#any();
    if (!victim) return;
    this.#world.note(`${victim.process.name} is stopped`);
    victim.process.stop();
    this.#later(this.#random.of([100, 1000, 3000, 7000]), () => {
      this.#world.note(`${victim.process.name} goes on`);
      victim.process.goOn();
    });
  }

  #leaderStops(): void {
    const victim = this.#world.leader();
    if (!victim) return;
    this.#world.note(`${victim.process.name} stops`);
    void victim.coordinator!.stop({deadlineMs: 5 * second});
    this.#world.time.after(5 * second, () => {
      if (victim.process.dead) return;
      this.#world.kill(victim);
      this.#world.serve();
    });
  }

  #another(): void {
    if (this.#world.alive().length < 4) this.#world.serve();
  }

  #hostCutOff(): void {
    const {served} = this.#world;
    const host = this.#random.of(this.#world.hosts);
    const from = this.#random.chance(0.5) ? [...served] : served.filter(() => this.#random.chance(0.5));
    this.#cutOff([host], this.#random.of([500, 2000, 6000, 12_000]), from);
  }

  #allHostsCutOff(): void {
    this.#cutOff(this.#world.hosts, this.#random.of([2000, 7000]), [...this.#world.served]);
  }

  #cutOff(hosts: readonly SimHost[], ms: number, from: SimWorld['served']): void {
    this.#world.cut(hosts, from);
    this.#later(ms, () => this.#world.heal(hosts, from));
  }

  #hostLosesPower(): void {
    const host = this.#random.of(this.#world.hosts);
    if (!host.powered) return;
    this.#world.powerCut(host);
    this.#later(this.#random.of([500, 2500, 10_000]), () => {
      host.powered = true;
    });
  }

  #databaseAway(condition: 'refuses' | 'dark'): void {
    const {database} = this.#world;
    this.#world.note(`the database ${condition}`);
    database.condition = condition;
    this.#later(this.#random.of([100, 1000, 4000, 15_000]), () => {
      this.#world.note('the database answers');
      database.up();
    });
  }

  #connectionsBreak(): void {
    this.#world.database.breaks = 0.3;
    this.#later(5 * second, () => {
      this.#world.database.breaks = 0;
    });
  }

  /** The database's machine was told another time. */
  #clockJumps(): void {
    const by = this.#random.of([-3_600_000, -10_000, 3000, 10_000, 3_600_000]);
    this.#world.note(`the database's clock jumps by ${by}`);
    this.#world.database.aheadMs += by;
  }

  #drain(): void {
    const [host, served] = [this.#random.of(this.#world.hosts), this.#any()];
    if (served)
      this.#world.ask(served, each => each.drain(host.name, this.#random.chance(0.6), ann)).catch(() => undefined);
  }

  #backUp(): void {
    this.#world.note('a backup is taken');
    this.#putBack = this.#world.database.backUp();
  }

  /** All coordinators are ended before, as the documentation says; but perhaps one that nobody thought of sleeps. */
  #restore(): void {
    if (!this.#putBack) return;
    for (const served of this.#world.alive()) if (served.process.runs) this.#world.kill(served);
    this.#world.database.forgetLate();
    this.#putBack();
    this.#world.note('the backup is put back');
    this.restoredAt = this.#world.time.now;
    this.#onRestored();
    this.#world.serve();
  }

  #any() {
    const alive = this.#world.alive();
    return alive.length > 0 ? this.#random.of(alive) : undefined;
  }

  /** Unless all was mended meanwhile. */
  #later(ms: number, what: () => void): void {
    this.#world.time.after(ms, () => {
      if (!this.#over) what();
    });
  }
}
