import type {LogRecord} from '../log-sources.ts';
import type {Look, Paint} from './look.ts';
import {printable} from './printable.ts';

/** How lines of logs are written. */
export interface LogLook extends Pick<Look, 'style'> {
  /** The time of each line before it. */
  readonly timestamps: boolean;
  /** As it was printed, byte for byte: for files and pipes. Otherwise what a terminal would obey is shown as text. */
  readonly raw: boolean;
}

/** Writes lines as `backend-2 | …`, every replica in a colour of its own, the names in a column. */
export class LogWriter {
  readonly #look: LogLook;
  readonly #paints = new Map<string, Paint>();
  #width = 0;

  constructor(look: LogLook) {
    this.#look = look;
  }

  line({service, replica, at, text}: LogRecord): string {
    return this.named(`${service}-${replica}`, text, at);
  }

  /** A line of anything that has a name. */
  named(who: string, text: string, at?: string): string {
    const name = printable(who);
    this.#width = Math.max(this.#width, name.length);
    const time = this.#look.timestamps && at !== undefined ? `${at} ` : '';
    return `${this.#paint(name)(`${name.padEnd(this.#width)} |`)} ${time}${this.#look.raw ? text : shown(text)}`;
  }

  #paint(name: string): Paint {
    const {cyan, green, yellow, blue, bold} = this.#look.style;
    const paints = [cyan, green, yellow, blue, bold];
    const known = this.#paints.get(name) ?? paints[this.#paints.size % paints.length]!;
    this.#paints.set(name, known);
    return known;
  }
}

/** Colours that a program printed are left out, everything else that would move the cursor is shown. */
const shown = (text: string): string =>
  printable(
    text
      .replace(/\r$/, '')
      .replaceAll(/\u001b\[[0-9;:]*m/g, '')
      .replaceAll('\t', '  '),
  );
