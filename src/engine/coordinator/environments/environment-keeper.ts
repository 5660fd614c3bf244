import type {StackSession} from '../../session.ts';
import {UserError, UserErrors} from '../../spec/errors.ts';
import {pause} from '../clock.ts';
import type {PerMinute} from '../leading/silence.ts';
import type {Leadership} from '../store/store.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import {carryOut, toldError} from './carry-out.ts';
import type {ChangeOutcome, ChangeRow, EnvironmentRow, Seen} from './environment-rows.ts';
import {healingStreak} from './healing-backoff.ts';
import {type Look, lookAtEnvironment} from './look-at-environment.ts';
import {hostConditions, type ServedParts} from './served-parts.ts';
import {servedSession} from './served-session.ts';
import {countFailures, type Failing, toReplace} from './unhealthy-replicas.ts';
import {type Decision, partsOf, whatToDo} from './what-to-do.ts';

export interface KeeperParts extends ServedParts {
  readonly leadership: () => Leadership | undefined;
  /** One of few places for changes, or for looks; resolves to how it is left. */
  readonly place: (what: 'look' | 'change', signal: AbortSignal) => Promise<() => void>;
  /** In a partition only so many are healed in a minute. */
  readonly rate: PerMinute;
  /** Why many hosts silent at once are not believed to be lost. */
  readonly partition: () => string | undefined;
}

/** Events come in swarms: a container that is removed is killed, ends, and is deleted. */
const settleMs = 300;
const longestLookMs = 60_000;
/** Kept with a healing. */
const mostParts = 100;

/** Keeps one environment while its coordinator leads: carries its changes out, one after the other, looks at it, heals it. */
export class EnvironmentKeeper {
  readonly #parts: KeeperParts;
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  readonly #restartingSince = new Map<string, number>();
  #failing: ReadonlyMap<string, Failing> = new Map();
  #row: EnvironmentRow;
  #changes: readonly ChangeRow[];
  #containers: ReadonlySet<string> = new Set();
  #told = '';
  #lookAt = 0;
  #looking?: AbortController;
  #wake = Promise.withResolvers<void>();

  constructor(row: EnvironmentRow, changes: readonly ChangeRow[], parts: KeeperParts) {
    this.#parts = parts;
    this.#row = row;
    this.#changes = changes;
    this.#running = this.#keep();
  }

  /** As the store has it by now; `changes`: those that are not at their end. */
  take(row: EnvironmentRow, changes: readonly ChangeRow[]): void {
    const resumed = this.#row.healing !== row.healing && row.healing === 'on';
    this.#row = row;
    this.#changes = changes;
    if (resumed) this.#lookAt = 0;
    if (changes.length > 0 || resumed) this.#wake.resolve();
  }

  /** Something happened to a container. */
  hint(container: string): void {
    if (this.#containers.has(container)) this.look(settleMs);
  }

  /** A host fell silent, or is back: a look that waits for one is begun anew. */
  hostsChanged(): void {
    this.#looking?.abort(new Error('hosts came or went meanwhile'));
    this.look(settleMs);
  }

  /** Looks soon. */
  look(inMs = 0): void {
    this.#lookAt = Math.min(this.#lookAt, this.#now() + inMs);
    this.#wake.resolve();
  }

  /** Nothing of it is done any more when it resolves; what was cut off is gone on with by the next leader. */
  async end(): Promise<void> {
    this.#over.abort(new Error('this coordinator does not lead any more'));
    this.#wake.resolve();
    await this.#running;
  }

  async #keep(): Promise<void> {
    const {signal} = this.#over;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      try {
        const change = this.#changes[0];
        if (change) await this.#carryOut(change);
        else if (this.#now() >= this.#lookAt) await this.#lookAndHeal();
      } catch (error) {
        if (signal.aborted) return;
        this.#parts.log.warn({environment: this.#row.id, err: error}, 'an environment could not be seen to');
        await pause(this.#parts.clock, 2000, signal);
      }
      if (this.#changes.length === 0) await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    const resting = new AbortController();
    const signal = AbortSignal.any([this.#over.signal, resting.signal]);
    await Promise.race([pause(this.#parts.clock, Math.max(0, this.#lookAt - this.#now()), signal), this.#wake.promise]);
    resting.abort();
  }

  async #carryOut(change: ChangeRow): Promise<void> {
    const {place, store, log} = this.#parts;
    const {signal} = this.#over;
    const {id} = this.#row;
    const {number, kind} = change;
    const leave = await place('change', signal);
    try {
      if (!(await store.beginChange(this.#leadership(), id, number))) return this.#done(number);
      log.info({environment: id, change: number, kind}, 'a change of an environment begins');
      await this.#say({condition: kind === 'heal' ? 'healing' : 'changing', reason: change.options.why});
      const outcome = await this.#outcome(change);
      await store.endChange(this.#leadership(), id, number, outcome);
      const {result, error} = outcome;
      const why = error?.message;
      log.info({environment: id, change: number, kind, result, ...(why && {why})}, 'a change of an environment ended');
      this.#done(number);
      this.#row = (await store.environment('everyone', id)) ?? this.#row;
      this.#lookAt = 0;
    } finally {
      leave();
      this.#parts.onChange();
    }
  }

  #done(number: number): void {
    this.#changes = this.#changes.filter(change => change.number !== number);
  }

  async #outcome(change: ChangeRow): Promise<ChangeOutcome> {
    const {store, log} = this.#parts;
    const {id} = this.#row;
    const session = await this.#changing(change);
    if ('result' in session) return session;
    const noting: Promise<void>[] = [];
    try {
      return await carryOut(session, change, {
        onEvent: event => {
          if (event.type !== 'started' || event.run === undefined) return;
          noting.push(store.noteRun(this.#leadership(), id, change.number, event.run).catch(() => undefined));
          this.#parts.onChange();
        },
        onNote: text => log.info({environment: id, change: change.number}, text),
        now: () => new Date(),
        moveLost: this.#mayMove(),
        signal: this.#over.signal,
      });
    } finally {
      await Promise.all(noting);
      await session.store.close();
    }
  }

  /** What is wrong with a bundle will not pass by waiting: the change is refused. */
  async #changing(change: ChangeRow): Promise<StackSession | ChangeOutcome> {
    try {
      return await servedSession(this.#parts, change.bundle ?? this.#row.bundle, 'change');
    } catch (error) {
      if (error instanceof UserError || error instanceof UserErrors)
        return {result: 'refused', error: toldError(error)};
      throw error;
    }
  }

  async #lookAndHeal(): Promise<void> {
    const {clock, random, store, coordinator, settings} = this.#parts;
    const {signal} = this.#over;
    const {id} = this.#row;
    // A quarter more or less, so that not all look at once.
    this.#lookAt = this.#now() + settings().stacks.lookEveryMs * (0.75 + random() / 2);
    if (this.#row.condition === 'pending') return;
    const decision = await this.#decide(signal);
    if (!decision) return;
    await this.#say(decision.seen);
    if (decision.againMs !== undefined) this.#lookAt = Math.min(this.#lookAt, clock.monotonicMs() + decision.againMs);
    const {heal, parts = [], unhealthy} = decision;
    if (heal === undefined) return;
    const healing = await store.askChange('everyone', {
      environment: id,
      kind: 'heal',
      options: {why: heal, parts: parts.slice(0, mostParts), ...(unhealthy && {unhealthy})},
      actor: {name: `coordinator:${coordinator}`},
      token: crypto.randomUUID(),
    });
    if (healing) this.#changes = [...this.#changes, healing];
  }

  async #decide(signal: AbortSignal): Promise<Decision | undefined> {
    const {store, place, rate, partition} = this.#parts;
    const {id, healing} = this.#row;
    const leave = await place('look', signal);
    const looking = new AbortController();
    this.#looking = looking;
    const conditions = hostConditions(this.#parts);
    const cut = partition();
    let look: Look | undefined;
    try {
      const end = AbortSignal.any([signal, looking.signal, AbortSignal.timeout(longestLookMs)]);
      // What waits for a host that died a moment ago does so for long, whatever the signal says.
      look = await Promise.race([this.#look(conditions.lost.length > 0, end), rejection(end)]);
    } catch (error) {
      signal.throwIfAborted();
      if (looking.signal.aborted) return undefined;
      return {seen: {condition: 'degraded', reason: wordsOf(error)}, againMs: 5000};
    } finally {
      leave();
    }
    if (!look) return {seen: {condition: 'pending', reason: 'nothing of it was applied'}};
    const changes = (await store.changesOf('everyone', id, {limit: 30}))?.items ?? [];
    this.#failing = countFailures(this.#failing, look.watched, this.#now());
    const ill = toReplace(look.watched, this.#failing);
    const parts = partsOf(look, ill);
    const heals = parts.length > 0;
    return whatToDo({
      look,
      ill,
      healing,
      streak: healingStreak(changes, new Set(parts)),
      suspect: conditions.suspect,
      lost: conditions.lost,
      partition: cut,
      mayMove: cut === undefined || (heals && rate.take(1, this.#now()) === 1),
      restartingMs: this.#restarting(look),
      now: await store.now(),
    });
  }

  async #look(moveLost: boolean, signal: AbortSignal): Promise<Look | undefined> {
    const session = await servedSession(this.#parts, this.#row.bundle, 'look');
    try {
      const look = await lookAtEnvironment(session, {moveLost, signal, now: () => new Date()});
      if (look) this.#containers = new Set(look.containers);
      return look;
    } finally {
      await session.store.close();
    }
  }

  /** For how long each that restarts has been seen so. */
  #restarting({restarting}: Look): ReadonlyMap<string, number> {
    const now = this.#now();
    for (const name of this.#restartingSince.keys()) if (!restarting.includes(name)) this.#restartingSince.delete(name);
    for (const name of restarting) if (!this.#restartingSince.has(name)) this.#restartingSince.set(name, now);
    return new Map([...this.#restartingSince].map(([name, since]) => [name, now - since]));
  }

  /** What is said again is not written again, unless it was looked at. */
  async #say(seen: Seen): Promise<void> {
    const text = JSON.stringify([seen.condition, seen.reason]);
    await this.#parts.store.noteSeen(this.#leadership(), this.#row.id, seen);
    this.#row = {...this.#row, condition: seen.condition};
    if (text !== this.#told) this.#parts.onChange();
    this.#told = text;
  }

  #mayMove(): boolean {
    return hostConditions(this.#parts).lost.length > 0;
  }

  #leadership(): Leadership {
    const leadership = this.#parts.leadership();
    if (leadership) return leadership;
    throw new Error('this coordinator does not lead any more');
  }

  #now(): number {
    return this.#parts.clock.monotonicMs();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}
