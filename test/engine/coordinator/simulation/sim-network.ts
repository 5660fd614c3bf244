import {OutsideError} from '../../../../src/engine/spec/errors.ts';
import type {Random} from '../../scheduler/queue/random.ts';
import type {SimHost} from './sim-host.ts';
import type {SimProcess} from './sim-process.ts';
import type {SimTime} from './sim-time.ts';

/** Between coordinators and hosts: messages take their time, and where it is cut they are lost, in either direction. */
export class SimNetwork {
  readonly #time: SimTime;
  readonly #random: Random;
  readonly #cut = new Set<string>();
  readonly #lines = new Map<string, Set<() => void>>();

  constructor(time: SimTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  reaches(process: SimProcess, host: SimHost): boolean {
    return host.powered && !this.#cut.has(lineOf(process, host));
  }

  cut(process: SimProcess, host: SimHost): void {
    this.#cut.add(lineOf(process, host));
    this.breaks(process, host);
  }

  heal(process: SimProcess, host: SimHost): void {
    this.#cut.delete(lineOf(process, host));
  }

  /** Whoever waits for something at the other end is told after a while that the connection is lost. */
  breaks(process: SimProcess, host: SimHost): void {
    const line = this.#lines.get(lineOf(process, host));
    for (const lost of line ?? []) this.#time.after(this.#random.below(6000), () => process.tell(lost));
    line?.clear();
  }

  /** Has something done on a host. Rejects with `connection-lost` when it was not, or when nobody knows whether it was. */
  ask<T>(process: SimProcess, host: SimHost, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = () => this.#time.after(this.#random.below(2000), () => process.tell(() => reject(gone(host))));
      this.#time.after(this.latency(), () => {
        if (!this.reaches(process, host)) return lost();
        const said = outcomeOf(work, resolve, reject);
        this.#time.after(this.latency(), () => (this.reaches(process, host) ? process.tell(said) : lost()));
      });
    });
  }

  /** Waits for something that a host tells; `begin` is called there with how to tell it. */
  listen<T>(process: SimProcess, host: SimHost, begin: (tell: (value: T) => void) => () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const name = lineOf(process, host);
      const line = this.#lines.get(name) ?? new Set();
      this.#lines.set(name, line);
      if (!this.reaches(process, host)) return reject(gone(host));
      const lost = () => reject(gone(host));
      line.add(lost);
      const end = begin(value => {
        this.#time.after(this.latency(), () => {
          if (!line.delete(lost)) return;
          process.tell(() => resolve(value));
          end?.();
        });
      });
    });
  }

  latency(): number {
    return this.#random.chance(0.03) ? this.#random.below(800) : 1 + this.#random.below(10);
  }
}

const lineOf = (process: SimProcess, host: SimHost): string => `${process.name}-${host.name}`;

const gone = ({name}: SimHost) =>
  new OutsideError({code: 'connection-lost', message: `${name}: the connection is lost`, transient: true, host: name});

function outcomeOf<T>(work: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}
