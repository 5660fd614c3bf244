import type {HostName} from '../spec/stack.ts';

/** A host among those that an image goes to. */
export interface Site {
  readonly host: HostName;
  readonly region?: string;
  /** Where other hosts reach it; one without can neither give nor take. */
  readonly address?: string;
}

/** How a host gets an image: from this machine, or from a host that has it. `ended` is told how that went. */
export interface Supply {
  readonly from?: Site;
  readonly ended: (worked: boolean) => void;
}

/** Who gives an image to how many others at once. */
const takersAtOnce = 2;

/**
 * Decides where each host takes one image from. In each region the first gets it from this machine, the others wait and
 * take it from those that have it: what goes out over this machine's line is one image a region, however many hosts it
 * has, and the number of givers doubles with each round. A pair that failed is not tried again: that host gets it from
 * here.
 */
export class FanOut {
  readonly #having = new Map<HostName, {readonly site: Site; takers: number}>();
  readonly #onTheWay = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  /** `having` have it already. */
  constructor(having: readonly Site[]) {
    for (const site of having) this.#having.set(site.host, {site, takers: 0});
  }

  /** Resolves when it is decided; rejects with the signal's reason. */
  async supply(to: Site, signal: AbortSignal): Promise<Supply> {
    for (;;) {
      signal.throwIfAborted();
      const near = [...this.#having.values()].filter(({site}) => canPass(site, to));
      const free = near.filter(({takers}) => takers < takersAtOnce).sort((a, b) => a.takers - b.takers)[0];
      if (free) return this.#taking(free, to);
      const coming = this.#onTheWay.get(regionOf(to)) ?? 0;
      if (to.address === undefined || (near.length === 0 && coming === 0)) return this.#sending(to);
      await this.#change(signal);
    }
  }

  #sending(to: Site): Supply {
    const region = regionOf(to);
    // One that nobody reaches gives to nobody: the others need not wait for it.
    const counts = to.address === undefined ? 0 : 1;
    this.#onTheWay.set(region, (this.#onTheWay.get(region) ?? 0) + counts);
    return {
      ended: worked => {
        this.#onTheWay.set(region, (this.#onTheWay.get(region) ?? counts) - counts);
        if (worked) this.#having.set(to.host, {site: to, takers: 0});
        this.#tell();
      },
    };
  }

  #taking(giver: {readonly site: Site; takers: number}, to: Site): Supply {
    giver.takers += 1;
    return {
      from: giver.site,
      ended: worked => {
        giver.takers -= 1;
        if (worked) this.#having.set(to.host, {site: to, takers: 0});
        this.#tell();
      },
    };
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = () => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', give, {once: true});
    });
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

const regionOf = ({region = ''}: Site): string => region;

const canPass = (from: Site, to: Site): boolean =>
  from.host !== to.host && from.address !== undefined && to.address !== undefined && regionOf(from) === regionOf(to);
