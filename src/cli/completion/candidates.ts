import type {NameKind} from './known-names.ts';

/** What completion needs of a command; oclif's cached commands have it. */
export interface CompletableCommand {
  /** `host:inspect`. */
  readonly id: string;
  readonly hidden?: boolean;
  readonly flags: Readonly<Record<string, CompletableFlag>>;
  readonly args: Readonly<Record<string, {readonly options?: readonly string[]}>>;
}

interface CompletableFlag {
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly multiple?: boolean;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

/** Gives the names of a kind; asked only when they are wanted. */
export type NamesOf = (kind: NameKind) => Promise<readonly string[]>;

// Arguments and flags whose values are names of things. The values of others are left to the shell: files, mostly.
const KINDS: Readonly<Record<string, NameKind>> = {
  service: 'service',
  target: 'service',
  host: 'host',
  env: 'environment',
  environment: 'environment',
  volume: 'volume',
  lab: 'lab',
};

/** What may stand where the cursor is: the last of the words, which may be empty or unfinished. */
export async function candidates(
  words: readonly string[],
  commands: readonly CompletableCommand[],
  namesOf: NamesOf,
): Promise<string[]> {
  const partial = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const shown = commands.filter(({hidden}) => !hidden);
  const {command, given} = commandOf(before, shown);
  const deeper = given.length === 0 && !partial.startsWith('-') ? nextWords(before, shown) : [];
  const own = command ? await ofCommand(command, given, partial, namesOf) : [];
  return [...new Set([...deeper, ...own])].filter(each => each.startsWith(partial)).sort();
}

/** The longest command that the words begin with, and what was given to it. */
function commandOf(words: readonly string[], commands: readonly CompletableCommand[]) {
  for (let length = words.length; length > 0; length--) {
    const command = commands.find(({id}) => id === words.slice(0, length).join(':'));
    if (command) return {command, given: words.slice(length)};
  }
  return {command: undefined, given: []};
}

/** Topics and commands below what was typed. */
function nextWords(words: readonly string[], commands: readonly CompletableCommand[]): string[] {
  const ids = commands.map(({id}) => id.split(':'));
  return ids
    .filter(id => id.length > words.length && words.every((word, i) => id[i] === word))
    .map(id => id[words.length]!);
}

async function ofCommand(
  command: CompletableCommand,
  given: readonly string[],
  partial: string,
  namesOf: NamesOf,
): Promise<readonly string[]> {
  const waiting = optionNamed(command, given.at(-1) ?? '');
  if (waiting) return valuesOf(waiting, command, namesOf);
  const inline = /^(--[^=]+)=/.exec(partial);
  if (inline) {
    const option = optionNamed(command, inline[1]!);
    return option ? (await valuesOf(option, command, namesOf)).map(value => `${inline[1]}=${value}`) : [];
  }
  if (partial.startsWith('-')) return flagsLeft(command, given);
  return argument(command, given, namesOf);
}

/** The flag that a word is, when it takes a value. */
function optionNamed({flags}: CompletableCommand, word: string): string | undefined {
  return Object.keys(flags).find(
    name => flags[name]!.type === 'option' && (word === `--${name}` || word === `-${flags[name]!.char}`),
  );
}

async function valuesOf(name: string, command: CompletableCommand, namesOf: NamesOf): Promise<readonly string[]> {
  const flag = command.flags[name];
  if (flag?.options) return flag.options;
  if (name === 'name' && command.id.startsWith('lab:')) return namesOf('lab');
  const kind = KINDS[name];
  return kind ? namesOf(kind) : [];
}

function flagsLeft({flags}: CompletableCommand, given: readonly string[]): string[] {
  return Object.entries(flags)
    .filter(([name, flag]) => !flag.hidden && (flag.multiple || !given.includes(`--${name}`)))
    .map(([name]) => `--${name}`);
}

async function argument(command: CompletableCommand, given: readonly string[], namesOf: NamesOf) {
  const places = Object.entries(command.args);
  const filled = given.filter((word, i) => !word.startsWith('-') && !optionNamed(command, given[i - 1] ?? '')).length;
  const place = places[Math.min(filled, places.length - 1)];
  if (!place) return [];
  const [name, {options}] = place;
  const kind = KINDS[name];
  if (options) return options;
  // Behind the name of a service comes its number of replicas.
  if (command.id === 'scale') return (await namesOf('service')).map(service => `${service}=`);
  return kind ? namesOf(kind) : [];
}
