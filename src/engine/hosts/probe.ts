import type {Command} from './command.ts';

/** A question to a host, with the parser of its answer beside it. */
export interface Probe<T> {
  readonly command: Command;
  parse(stdout: string): T;
}
