import {Command, Flags, type Interfaces} from '@oclif/core';
import type {Look, View} from '../engine/view/look.ts';
import {printableJson} from '../engine/view/printable.ts';
import {type Format, formatOf, hasFlag, speaksToGitHub} from './format.ts';
import {Interruption} from './interruption.ts';
import {lookOf} from './look.ts';
import {tell, writeLine} from './output.ts';

/** What a command knows about where it runs. */
export interface CommandContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A person can answer: both standard input and standard error are terminals. */
  readonly isTTY: boolean;
  readonly now: Date;
}

/**
 * Every command: parse → one engine call → render. Data goes to standard output, everything else to standard error.
 * Errors are thrown and printed by `main.ts`, nowhere else.
 */
export abstract class EngineCommand extends Command {
  static override baseFlags = {
    directory: Flags.string({
      char: 'C',
      summary: 'Run as if started in this folder.',
      helpValue: 'DIR',
      helpGroup: 'GLOBAL',
    }),
    json: Flags.boolean({summary: 'Print JSON on standard output.', helpGroup: 'GLOBAL'}),
    'no-color': Flags.boolean({summary: 'Print without colours; so do NO_COLOR and TERM=dumb.', helpGroup: 'GLOBAL'}),
  };

  /**
   * Aborted by the first Ctrl-C (or SIGTERM, SIGHUP, a closed pipe): end cleanly. The second ends the process.
   * Commands that do not ask for it die at the first.
   */
  protected get signal(): AbortSignal {
    return Interruption.shared().signal;
  }

  /** How to speak; read from argv, so that it holds before and without parsing, too. */
  protected get format(): Format {
    return formatOf(this.argv, process.env);
  }

  /** Whether `--json` was given, or `--format json`. */
  protected get json(): boolean {
    return this.format === 'json';
  }

  /** Whether GitHub's annotations are wanted, and its step's summary and outputs. */
  protected get speaksToGitHub(): boolean {
    return speaksToGitHub(this.format, process.env);
  }

  protected context(): CommandContext {
    const isTTY = Boolean(process.stdin.isTTY && process.stderr.isTTY);
    return {cwd: process.cwd(), env: process.env, isTTY, now: new Date()};
  }

  /** How standard output is looked at. */
  protected look(stream: NodeJS.WriteStream = process.stdout): Look {
    return lookOf(stream, process.env, hasFlag(this.argv, '--no-color'), new Date());
  }

  /** Prints a result: as JSON with `--json`, else as the view's text. */
  protected async show<T>(value: T, view: View<T>): Promise<void> {
    if (this.json) return writeLine(process.stdout, printableJson(view.json ? view.json(value) : value, 2));
    const text = view.text(value, this.look());
    if (text !== '') await writeLine(process.stdout, text);
  }

  /** One line of data on standard output, for what streams: log lines, events. Waits when the reader is slow. */
  protected async line(text: string): Promise<void> {
    await writeLine(process.stdout, text);
  }

  /** One line of JSON on standard output. */
  protected async jsonLine(value: unknown): Promise<void> {
    await writeLine(process.stdout, printableJson(value));
  }

  /** Tells people something that is not the result. */
  protected note(text: string): void {
    tell(text);
  }

  /** Ends the command with this code; 0 as well. */
  protected exitWith(code: number): never {
    return this.exit(code);
  }

  /** Parses flags and arguments, and moves to `-C DIR`. Arguments never come from standard input: it may be a file. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const given = options ?? (this.ctor as unknown as Interfaces.Input<F, B, A>);
    const args = Object.entries(given.args ?? {}).map(([name, arg]) => [name, {...arg, ignoreStdin: true}]);
    const parsed = await super.parse<F, B, A>({...fromClass(given), args: Object.fromEntries(args)}, argv ?? this.argv);
    fillLists(given, parsed.flags);
    const directory = (parsed.flags as {directory?: string}).directory;
    if (directory !== undefined) await moveTo(directory);
    return parsed;
  }

  /** Left to `main.ts`, which prints every error. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

/** What oclif's parser reads of a command class; statics that are inherited are not copied by a spread. */
function fromClass(given: object): object {
  const {flags, baseFlags, enableJsonFlag, strict, '--': dashes} = given as Record<string, unknown>;
  return {flags, baseFlags, enableJsonFlag, strict, '--': dashes};
}

/** A flag that may repeat comes as one text when it is taken from the environment. */
function fillLists(
  options: {flags?: Interfaces.FlagInput; baseFlags?: Interfaces.FlagInput},
  values: Record<string, unknown>,
): void {
  for (const [name, flag] of Object.entries({...options.baseFlags, ...options.flags})) {
    if ('multiple' in flag && flag.multiple && typeof values[name] === 'string') values[name] = [values[name]];
  }
}

async function moveTo(directory: string): Promise<void> {
  try {
    process.chdir(directory);
  } catch (cause) {
    const {UserError} = await import('../engine/spec/errors.ts');
    throw new UserError({
      code: 'directory-not-found',
      message: `cannot run in ${directory}: there is no such folder`,
      hint: 'Give -C a folder that exists.',
      cause,
    });
  }
}
