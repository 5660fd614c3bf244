import nodePath from 'node:path';
import type {UserError} from './errors.ts';
import {type Part, parsePlaceholders, type Unit} from './placeholders.ts';
import {parseDuration, parseSize} from './quantities.ts';
import {didYouMean, suggest} from './suggest.ts';
import {
  type Entry,
  errorAt,
  type ListTree,
  type Path,
  type Place,
  type ScalarTree,
  type Tree,
  toValue,
} from './tree.ts';

export type Scalar = string | number | boolean;

/**
 * A value of a parameter, of which a list can stand alone only: a tree where it was written in a file, undefined where an optional one is not given,
 * null where it is wrong, which was told before.
 */
export type ParamValue = Scalar | readonly Scalar[] | ScalarTree | ListTree | undefined | null;

/** What placeholders can be replaced by. */
export interface Surroundings {
  /** Values by name. */
  readonly params: ReadonlyMap<string, ParamValue>;
  /** Hears of spots that cannot be filled in for a reason that was told before. */
  readonly told?: (at: Place, path: Path) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file by absolute path, undefined when there is none. */
  readonly readText: (path: string) => Promise<string | undefined>;
}

/** The tree with every placeholder replaced, `${secret:NAME}` left as it is; errors go to `report`. */
export async function interpolate(
  tree: Tree,
  path: Path,
  around: Surroundings,
  report: (error: UserError) => void,
): Promise<Tree | undefined> {
  if (tree.kind === 'scalar') {
    if (typeof tree.value !== 'string' || !tree.value.includes('$')) return tree;
    return new Filler(tree.at, path, around, report).scalar(tree);
  }
  if (tree.kind === 'list') {
    const items: Tree[] = [];
    for (const [index, item] of tree.items.entries()) {
      const filled = await interpolate(item, [...path, index], around, report);
      // ${list} as an item of a list: its items go here.
      if (filled?.kind === 'list' && item.kind === 'scalar') items.push(...filled.items);
      else if (filled) items.push(filled);
    }
    return {...tree, items};
  }
  const entries = new Map<string, Entry>();
  for (const [key, {keyAt, value}] of tree.entries) {
    const name = key.includes('${')
      ? String((await new Filler(keyAt, [...path, key], around, report).text(key)) ?? key)
      : key;
    const filled = await interpolate(value, [...path, key], around, report);
    if (filled) entries.set(name, {keyAt, value: filled});
  }
  return {...tree, entries};
}

class Filler {
  readonly #at: Place;
  readonly #path: Path;
  readonly #around: Surroundings;
  readonly #report: (error: UserError) => void;

  constructor(at: Place, path: Path, around: Surroundings, report: (error: UserError) => void) {
    this.#at = at;
    this.#path = path;
    this.#around = around;
    this.#report = report;
  }

  /** Undefined when the whole scalar is an optional parameter that is not given. */
  async scalar(tree: ScalarTree): Promise<ScalarTree | ListTree | undefined> {
    const parts = parsePlaceholders(String(tree.value));
    const only = parts.length === 1 ? parts[0]! : undefined;
    if (only?.kind === 'param' && only.otherwise === undefined && this.#around.params.has(only.name)) {
      const value = this.#around.params.get(only.name);
      if (value === undefined) return undefined;
      if (value === null) {
        this.#around.told?.(this.#at, this.#path);
        return tree;
      }
      if (typeof value !== 'object') return {...tree, value, text: String(value)};
      if ('kind' in value) return value;
      const items = value.map(item => ({...tree, value: item, text: String(item)}));
      return {kind: 'list', at: tree.at, items};
    }
    const text = await this.text(String(tree.value));
    if (text === undefined) return tree;
    const typed = only !== undefined && only.kind !== 'literal' && only.kind !== 'secret' ? typedValue(text) : text;
    return {...tree, value: typed, text};
  }

  /** Undefined when something in it is wrong. */
  async text(written: string): Promise<string | undefined> {
    const texts: (string | undefined)[] = [];
    for (const part of parsePlaceholders(written)) texts.push(await this.#part(part));
    return texts.includes(undefined) ? undefined : texts.join('');
  }

  async #part(part: Part): Promise<string | undefined> {
    switch (part.kind) {
      case 'literal':
        return part.text;
      case 'secret':
        return `\${secret:${part.name}}`;
      case 'wrong':
        return this.#wrong('placeholder-invalid', part.message, part.hint);
      case 'env':
        return this.#env(part.name, part.otherwise);
      case 'file':
        return this.#file(part.name, part.otherwise);
      case 'param':
        return this.#param(part.name, part.otherwise);
      case 'unit':
        return this.#amount(part.unit, part.name);
    }
  }

  /** A value as JSON, which is YAML, too; a list with its items. */
  #json(name: string): string | undefined {
    const value = this.#around.params.get(name);
    if (typeof value !== 'object' || value === null) {
      const text = this.#param(name, undefined);
      return text === undefined ? undefined : JSON.stringify(value ?? text);
    }
    return JSON.stringify('kind' in value ? toValue(value) : value);
  }

  /** A size or a length of time as a whole number of a unit, rounded down. */
  #amount(unit: Unit, name: string): string | undefined {
    if (unit === 'json') return this.#json(name);
    const text = this.#param(name, undefined);
    if (text === undefined) return undefined;
    const {of, parse} = UNITS[unit];
    const whole = parse(text);
    if (whole !== undefined) return String(Math.floor(whole / of));
    const what = parse === parseSize ? 'size' : 'length of time';
    return this.#wrong('param-invalid', `the parameter ${name} is no ${what}: ${JSON.stringify(text)}`);
  }

  #param(name: string, otherwise: string | undefined): string | undefined {
    const value = this.#around.params.get(name);
    if (value === null) {
      this.#around.told?.(this.#at, this.#path);
      return undefined;
    }
    if (typeof value === 'object' && !('kind' in value && value.kind === 'scalar')) {
      return this.#wrong('param-list', `the parameter ${name} is a list: it can only stand alone`);
    }
    if (value !== undefined) return typeof value === 'object' ? value.text : String(value);
    if (otherwise !== undefined) return otherwise;
    if (this.#around.params.has(name)) {
      return this.#wrong('param-missing', `the parameter ${name} has no value here`, `Write \${${name}:-default}.`);
    }
    const known = [...this.#around.params.keys()];
    const keep = `Declare it under params, write \${env:${name}} for a variable of this machine, or $\${${name}} to keep it as it is.`;
    const hint = suggest(name, known) === undefined ? keep : undefined;
    return this.#wrong(
      'param-unknown',
      `there is no parameter ${JSON.stringify(name)}${didYouMean(name, known)}`,
      hint,
    );
  }

  #env(name: string, otherwise: string | undefined): string | undefined {
    const value = Object.hasOwn(this.#around.env, name) ? this.#around.env[name] : undefined;
    // As in POSIX shells, `:-` also stands in for an empty value.
    if (otherwise !== undefined && (value === undefined || value === '')) return otherwise;
    if (value === undefined) {
      const hint = `export ${name}=…, or write \${env:${name}:-default}.`;
      return this.#wrong('env-missing', `the environment variable ${name} is not set`, hint);
    }
    return this.#withoutSecret(value, `the environment variable ${name}`);
  }

  async #file(name: string, otherwise: string | undefined): Promise<string | undefined> {
    const text = await this.#around.readText(nodePath.resolve(this.#at.source.directory, name));
    if (text !== undefined) return this.#withoutSecret(text.replace(/\r?\n$/, ''), `the file ${name}`);
    if (otherwise !== undefined) return otherwise;
    const hint = `Paths are relative to the folder of ${this.#at.source.name}.`;
    return this.#wrong('file-missing', `there is no file ${name} that can be read`, hint);
  }

  /** What comes from outside is text, never a placeholder: it could name secrets it should not get. */
  #withoutSecret(value: string, from: string): string | undefined {
    if (!value.includes('${secret:')) return value;
    return this.#wrong(
      'secret-misplaced',
      `${from} contains a \${secret:…}`,
      'Write the placeholder into the YAML file.',
    );
  }

  #wrong(code: string, message: string, hint?: string): undefined {
    this.#report(errorAt(this.#at, this.#path, {code, message, hint}));
    return undefined;
  }
}

const UNITS: Readonly<Record<Exclude<Unit, 'json'>, {of: number; parse: (text: string) => number | undefined}>> = {
  bytes: {of: 1, parse: parseSize},
  kib: {of: 2 ** 10, parse: parseSize},
  mib: {of: 2 ** 20, parse: parseSize},
  ms: {of: 1, parse: parseDuration},
  seconds: {of: 1000, parse: parseDuration},
};

/** Text as a number or boolean where that loses nothing: `3`, `0.5`, `true`, but not `1.10` or `007`. */
export function typedValue(text: string): Scalar {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) && String(number) === text ? number : text;
}
