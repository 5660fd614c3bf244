import type {HostName} from '../../spec/stack.ts';
import type {Part} from './messages.ts';

export interface Whole {
  readonly id: string;
  readonly kind: Part['kind'];
  readonly content: Buffer;
  /** Numbers of its messages in the stream. */
  readonly seqs: readonly number[];
}

interface Gathering {
  readonly about: Part;
  readonly parts: Map<number, Uint8Array>;
  readonly seqs: number[];
  bytes: number;
}

/** The largest output file, and room for what is said around it. */
const mostBytes = 33 * 2 ** 20;
const mostAtOnce = 8;

/** Puts together what came in parts; bounded, whatever comes. */
export class Parts {
  readonly #gathering = new Map<HostName, Map<string, Gathering>>();

  /** Undefined: there is more to come. `wrong`: it does not belong to the parts before it, or is too much. */
  add(worker: HostName, about: Part, data: Uint8Array, seq: number): Whole | 'wrong' | undefined {
    const {id, kind, index, count} = about;
    if (index >= count || data.length > mostBytes) return 'wrong';
    if (count === 1) return {id, kind, content: Buffer.from(data), seqs: [seq]};
    const all = this.#gathering.get(worker) ?? new Map<string, Gathering>();
    this.#gathering.set(worker, all);
    const one: Gathering = all.get(id) ?? {about, parts: new Map(), seqs: [], bytes: 0};
    if (one.about.count !== count || one.about.kind !== kind) return 'wrong';
    one.seqs.push(seq);
    if (!one.parts.has(index)) {
      one.parts.set(index, data);
      one.bytes += data.length;
    }
    all.set(id, one);
    if (one.bytes > mostBytes || all.size > mostAtOnce) {
      // The oldest one was given up by whoever began it.
      all.delete(one.bytes > mostBytes ? id : (all.keys().next().value ?? id));
      if (one.bytes > mostBytes) return 'wrong';
    }
    if (one.parts.size < count) return undefined;
    all.delete(id);
    const content = Buffer.concat(Array.from({length: count}, (_, each) => one.parts.get(each) ?? new Uint8Array()));
    return {id, kind, content, seqs: one.seqs};
  }
}
