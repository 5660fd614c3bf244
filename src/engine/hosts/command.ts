/**
 * A remote command is data: an argv or a composition of them. Pure functions build it, `render` turns it into one
 * line of POSIX sh, a connection runs it. `quote` is the only place where a text becomes a shell word.
 */
export type Command =
  | {readonly kind: 'argv'; readonly argv: readonly string[]; readonly stdin?: string; readonly quiet?: boolean}
  | {readonly kind: 'all'; readonly commands: readonly Command[]}
  | {readonly kind: 'any'; readonly commands: readonly Command[]}
  /** Fixed text of ours, with positional arguments: `sh -c text name args…`. Nothing from outside may be in `text`. */
  | {readonly kind: 'script'; readonly text: string; readonly args: readonly string[]};

/** One program with its arguments. */
export const argv = (...words: readonly string[]): Command => ({kind: 'argv', argv: words});

/** One after another; the first that fails ends it (`&&`). */
export const all = (...commands: readonly Command[]): Command => ({kind: 'all', commands});

/** The first that succeeds ends it (`||`). */
export const any = (...commands: readonly Command[]): Command => ({kind: 'any', commands});

/** A fixed script of ours; `$1`, `$2`, … are the arguments. */
export const script = (text: string, ...args: readonly string[]): Command => ({kind: 'script', text, args});

/** The same command with its output thrown away. */
export const quietly = (...words: readonly string[]): Command => ({kind: 'argv', argv: words, quiet: true});

/** The same command with a text on its standard input. */
export const withInput = (stdin: string, ...words: readonly string[]): Command => ({kind: 'argv', argv: words, stdin});

/** One word for POSIX sh, whatever is in it (POSIX.1-2017, 2.2.2). A NUL byte cannot be in a word and is refused. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('a NUL byte cannot be passed to a shell');
  if (/^[A-Za-z0-9_\-./:=@%+,]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command as POSIX sh text. */
export function render(command: Command): string {
  switch (command.kind) {
    case 'argv': {
      const line = command.argv.map(quote).join(' ');
      const silent = command.quiet ? `${line} >/dev/null 2>&1` : line;
      return command.stdin === undefined ? silent : `printf %s ${quote(command.stdin)} | ${silent}`;
    }
    case 'all':
      return command.commands.map(grouped).join(' && ');
    case 'any':
      return command.commands.map(grouped).join(' || ');
    case 'script':
      return `sh -c ${quote(command.text)} niyanta${command.args.map(arg => ` ${quote(arg)}`).join('')}`;
  }
}

const grouped = (command: Command): string =>
  command.kind === 'all' || command.kind === 'any' ? `{ ${render(command)}; }` : render(command);

const longestShown = 400;

/** A command as errors show it: without its input, and of a long script the beginning, which says which one it was. */
export function shown(command: Command): string {
  const text = render(withoutInput(command));
  return text.length > longestShown ? `${text.slice(0, longestShown)} …` : text;
}

function withoutInput(command: Command): Command {
  if (command.kind === 'argv') return {...command, stdin: undefined};
  return command.kind === 'script' ? command : {...command, commands: command.commands.map(withoutInput)};
}
