import {quote} from './command.ts';

/**
 * One command as lines for a persistent shell. The subshell keeps `cd`, `exit` and syntax errors to itself; after it,
 * the marker ends its output on both streams, on stdout with the exit code.
 */
export const framed = (line: string, marker: string): string =>
  `( eval ${quote(line)} ) </dev/null\nprintf '\\n%s %d\\n' ${marker} "$?"; printf '\\n%s\\n' ${marker} >&2\n`;

/** What stood before the marker, and what stood behind it on its line. */
export interface Frame {
  readonly body: Buffer;
  readonly trailer: string;
}

// Room for the exit code and the newline behind the marker.
const TRAILER_ROOM = 16;

/** Collects one stream until the marker's line is whole. */
export class FrameReader {
  readonly #end: Buffer;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(marker: string) {
    this.#end = Buffer.from(`\n${marker}`);
  }

  /** The frame when this chunk completes it. */
  feed(chunk: Buffer): Frame | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const window = Buffer.concat([this.#tail, chunk]);
    const at = window.indexOf(this.#end);
    const lineEnd = at < 0 ? -1 : window.indexOf('\n', at + this.#end.length);
    if (lineEnd < 0) {
      this.#tail = window.subarray(-(this.#end.length + TRAILER_ROOM));
      return undefined;
    }
    return {
      body: Buffer.concat(this.#chunks).subarray(0, this.#length - (window.length - at)),
      trailer: window
        .subarray(at + this.#end.length, lineEnd)
        .toString()
        .trim(),
    };
  }
}
