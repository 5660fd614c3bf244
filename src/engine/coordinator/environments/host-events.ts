import {followContainerEvents, parseContainerEvent} from '../../runtime/container-events.ts';
import type {HostName} from '../../spec/stack.ts';
import {readSteadily} from '../../steady-stream.ts';
import {pause} from '../clock.ts';
import {wordsOf} from '../workers/outside-failure.ts';
import type {ServedParts} from './served-parts.ts';

export interface HostEventsParts extends Pick<ServedParts, 'pool' | 'hosts' | 'clock' | 'log'> {
  readonly onContainer: (id: string) => void;
}

/** One stream of containerd's events a host, over the coordinator's connections. Hints: what is lost is seen by looking. */
export class HostEvents {
  readonly #parts: HostEventsParts;
  readonly #streams = new Map<HostName, {readonly stop: AbortController; readonly ended: Promise<void>}>();

  constructor(parts: HostEventsParts) {
    this.#parts = parts;
  }

  /** Those of all hosts that there are now; none when nobody wants to know. */
  follow(wanted: boolean): void {
    const names = new Set(wanted ? this.#parts.hosts().map(({name}) => name) : []);
    for (const [name, {stop}] of this.#streams) {
      if (names.has(name)) continue;
      stop.abort();
      this.#streams.delete(name);
    }
    for (const name of names) {
      if (this.#streams.has(name)) continue;
      const stop = new AbortController();
      this.#streams.set(name, {stop, ended: this.#stream(name, stop.signal)});
    }
  }

  async end(): Promise<void> {
    const streams = [...this.#streams.values()];
    for (const {stop} of streams) stop.abort();
    await Promise.all(streams.map(({ended}) => ended));
  }

  async #stream(host: HostName, signal: AbortSignal): Promise<void> {
    const {pool, clock, log, onContainer} = this.#parts;
    while (!signal.aborted) {
      const connection = pool.worker(host)?.connection();
      try {
        if (connection) {
          await readSteadily({
            host,
            signal,
            open: () => connection.spawn(followContainerEvents),
            onLine: line => {
              const event = parseContainerEvent(line);
              if (event && event.what !== 'created' && event.what !== 'started') onContainer(event.id);
            },
            onLost: () => {},
            onBack: () => {},
          });
        }
      } catch (error) {
        log.warn({host, why: wordsOf(error)}, 'the events of a host cannot be followed');
      }
      await pause(clock, 2000, signal);
    }
  }
}
