import type {LogLine} from './logs.ts';

/**
 * Puts the parts of long lines together again, each stream for itself. A line has the time of its first part.
 * One for each log; lines are fed in the order of the log.
 */
export class LineJoiner {
  readonly #begun = new Map<LogLine['stream'], LogLine>();

  /** The whole line that this one ends; undefined for a part. */
  feed(line: LogLine): LogLine | undefined {
    const begun = this.#begun.get(line.stream);
    const joined = begun ? {...line, at: begun.at, text: begun.text + line.text} : line;
    if (line.partial) this.#begun.set(line.stream, joined);
    else this.#begun.delete(line.stream);
    return line.partial ? undefined : joined;
  }

  /** When the oldest line began that did not end yet. */
  get begun(): string | undefined {
    return [...this.#begun.values()].map(({at}) => at).sort()[0];
  }

  /** What was begun and not ended yet. */
  rest(): readonly LogLine[] {
    const rest = [...this.#begun.values()];
    this.#begun.clear();
    return rest;
  }
}
