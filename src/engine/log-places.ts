import {createHash} from 'node:crypto';
import type {ContainerId} from './runtime/container-spec.ts';

/** How far the log of one container was told. Times as the logger writes them. */
export interface LogPlace {
  /** Of the last line that is behind the reader. */
  readonly at: string;
  /** When a line began of which only parts came until then. */
  readonly begun?: string;
}

/** More is not put into a header: that of about 450 containers. Characters. */
const longest = 7000;
const keyLength = 6;

/**
 * How far somebody is who reads the logs of several containers at once. As a text it goes with each line, so that any
 * coordinator can go on where another one stopped: containers by a hash of their ids, times by what they lack to the newest.
 */
export class LogPlaces {
  readonly #places = new Map<string, LogPlace>();
  readonly #keys = new Map<ContainerId, string>();
  #live = false;

  /** Whether all that there was at the beginning was told: whatever a container without a place says is new. */
  get live(): boolean {
    return this.#live;
  }

  goLive(): void {
    this.#live = true;
  }

  of(container: ContainerId): LogPlace | undefined {
    return this.#places.get(this.#key(container));
  }

  set(container: ContainerId, place: LogPlace): void {
    this.#places.set(this.#key(container), place);
  }

  /** The container is gone, and its log with it. */
  forget(container: ContainerId): void {
    this.#places.delete(this.#key(container));
    this.#keys.delete(container);
  }

  /** Undefined where they are too many for a header: such a reader cannot go on elsewhere. */
  text(): string | undefined {
    const newest = [...this.#places.values()]
      .flatMap(({at, begun = at}) => [microseconds(at), microseconds(begun)])
      .reduce((most, each) => Math.max(most, each), 0);
    const back = (at: string) => (newest - microseconds(at)).toString(36);
    const each = [...this.#places].map(
      ([key, {at, begun}]) => `.${key}${back(at)}${begun === undefined ? '' : `~${back(begun)}`}`,
    );
    const text = `${this.#live ? 'f' : 'r'}${newest.toString(36)}${each.join('')}`;
    return text.length > longest ? undefined : text;
  }

  /** What `text` gave; undefined for anything else. */
  static of(text: string): LogPlaces | undefined {
    if (text.length > longest || !/^[fr][0-9a-z]{1,11}(\.[\w-]{6}[0-9a-z]{1,11}(~[0-9a-z]{1,11})?)*$/.test(text))
      return undefined;
    const [head = '', ...each] = text.split('.');
    const newest = Number.parseInt(head.slice(1), 36);
    if (newest > latest) return undefined;
    const places = new LogPlaces();
    places.#live = head.startsWith('f');
    for (const one of each) {
      const [at = 0, begun] = one
        .slice(keyLength)
        .split('~')
        .map(back => newest - Number.parseInt(back, 36));
      if (at < 0 || (begun ?? 0) < 0) return undefined;
      places.#places.set(one.slice(0, keyLength), {at: timeOf(at), ...(begun !== undefined && {begun: timeOf(begun)})});
    }
    return places;
  }

  #key(container: ContainerId): string {
    const known = this.#keys.get(container);
    if (known !== undefined) return known;
    const key = createHash('sha256').update(container).digest('base64url').slice(0, keyLength);
    this.#keys.set(container, key);
    return key;
  }
}

/** Of `2026-01-31T12:00:00.123456Z`: since 1970. */
const microseconds = (at: string): number => Date.parse(`${at.slice(0, 19)}Z`) * 1000 + Number(at.slice(20, 26));

/** The year 2255. */
const latest = Number.MAX_SAFE_INTEGER;

const timeOf = (microsecondsSince1970: number): string => {
  const second = Math.floor(microsecondsSince1970 / 1e6);
  const rest = String(microsecondsSince1970 % 1e6).padStart(6, '0');
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${rest}Z`;
};
