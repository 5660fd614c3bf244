import {quote} from '../../hosts/command.ts';
import type {FencedHost} from '../fenced-host.ts';
import type {WorkOptions} from '../host-worker.ts';

/** A shell script for a host as a value: what it does, in words, and its text. Secrets may stand in the text alone. */
export interface HostScript {
  /** For errors: `start backend 2`. */
  readonly what: string;
  /** POSIX sh; goes to the host over standard input, so that nothing in it is in a process list. */
  readonly text: string;
}

/** Runs a script that has to succeed. Errors: OutsideError `fenced`, `disk-full`, `command-failed`. */
export const runScript = (host: FencedHost, script: HostScript, options?: Partial<WorkOptions>): Promise<string> =>
  host.script(script, options);

/** A line that writes a text to a file. Where it cannot, cat says why: to dash's printf a full disk is an "I/O error". */
export const writeFile = (path: string, text: string): string =>
  `printf %s ${quote(text)} >${quote(path)} || { echo x | cat >>${quote(path)}; exit 1; }`;

/** A line that replaces a file at once: readers see the old or the new. */
export const replaceFile = (path: string, text: string): string =>
  `${writeFile(`${path}.new`, text)}; mv -f ${quote(`${path}.new`)} ${quote(path)}`;
