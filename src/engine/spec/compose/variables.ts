import {secretsIn} from '../placeholders.ts';

/** A variable that a text refers to: `${NAME}`, with what Compose puts in without one. */
export interface Variable {
  readonly name: string;
  /** From the file (`:-`), else from `.env`; absent where there is none. */
  readonly otherwise?: string;
  /** `${NAME:?…}`: must be set. */
  readonly required: boolean;
  /** Where `otherwise` comes from. */
  readonly from?: 'file' | '.env';
  /** A form that niyanta has not: `:+`, a default with another variable in it. */
  readonly simplified: boolean;
  /** Stands for `otherwise`, whatever the variable is later. */
  readonly literal?: boolean;
}

// Private-use characters stand for variables while a text is taken apart: none of them separates anything.
const FIRST = 0xe000;
const LAST = 0xf8ff;
/** Defaults within defaults: deeper ones are no file of a person. */
const MOST_NESTED = 10;
const TOKEN = /[\ue000-\uf8ff]/g;

/** The variables of all texts that were read; in these texts each is one character. */
export class Variables {
  readonly #dotenv: Readonly<Record<string, string>>;
  readonly #known: {readonly variable: Variable; readonly secret?: string}[] = [];

  readonly #tokens = new Map<string, string>();

  /** `dotenv`: what stands in `.env` beside the Compose file. */
  constructor(dotenv: Readonly<Record<string, string>>) {
    this.#dotenv = dotenv;
  }

  /** A text of a Compose file with a character for each variable, `$$` as `$`. Undefined where one is malformed. */
  read(text: string, depth = 0): string | undefined {
    if (this.has(text) || depth > MOST_NESTED) return undefined;
    let result = '';
    let at = 0;
    while (at < text.length) {
      const dollar = text.indexOf('$', at);
      if (dollar === -1) return result + text.slice(at);
      result += text.slice(at, dollar);
      if (text[dollar + 1] === '$') {
        result += '$';
        at = dollar + 2;
        continue;
      }
      const plain = /^\$([A-Za-z_]\w*)/.exec(text.slice(dollar, dollar + 200));
      const end = text[dollar + 1] === '{' ? closing(text, dollar + 2) : undefined;
      const variable = plain
        ? this.#variable(plain[1]!, '', '', depth)
        : end === undefined
          ? undefined
          : this.#braced(text.slice(dollar + 2, end), depth);
      if (!variable || FIRST + this.#known.length > LAST) return undefined;
      result += this.#token(variable);
      at = plain ? dollar + plain[0].length : end! + 1;
    }
    return result;
  }

  /** The same for the same variable, so that equal texts are equal. */
  #token(variable: Variable): string {
    const text = JSON.stringify(variable);
    const known = this.#tokens.get(text);
    if (known !== undefined) return known;
    const token = String.fromCharCode(FIRST + this.#known.push({variable}) - 1);
    this.#tokens.set(text, token);
    return token;
  }

  #braced(inside: string, depth: number): Variable | undefined {
    const [, name, operator = '', word = ''] = /^([A-Za-z_]\w*)(?:(:?[-?+])(.*))?$/s.exec(inside) ?? [];
    return name === undefined ? undefined : this.#variable(name, operator, word, depth);
  }

  #variable(name: string, operator: string, word: string, depth: number): Variable {
    const known = Object.hasOwn(this.#dotenv, name) ? this.#dotenv[name] : undefined;
    if (operator.endsWith('+')) {
      const inner = known === undefined || known === '' ? '' : this.#flat(word, depth);
      return {name, otherwise: inner, required: false, from: 'file', simplified: true, literal: true};
    }
    if (known !== undefined && known !== '') {
      return {name, otherwise: known, required: false, from: '.env', simplified: false};
    }
    if (operator.endsWith('?')) return {name, required: true, simplified: false};
    if (!operator.endsWith('-')) return {name, required: false, simplified: false};
    const flat = this.#flat(word, depth);
    return {name, otherwise: flat, required: false, from: 'file', simplified: flat !== word};
  }

  /** A default without variables of its own: with what they come to now. */
  #flat(word: string, depth: number): string {
    const read = word.includes('$') ? this.read(word, depth + 1) : word;
    return read === undefined ? word.replaceAll('$', '') : this.now(read);
  }

  /** Those of a text, without what became a secret. */
  in(text: string): readonly Variable[] {
    const known = [...text.matchAll(TOKEN)].map(([token]) => this.#of(token));
    return known.flatMap(({variable, secret}) => (secret === undefined ? [variable] : []));
  }

  has(text: string): boolean {
    return text.search(TOKEN) !== -1;
  }

  /** The text as it is when no variable is set. */
  now(text: string): string {
    return text.replace(TOKEN, token => this.#of(token).variable.otherwise ?? '');
  }

  /** A character that stands for this secret. */
  secret(name: string): string {
    const variable = {name, required: false, simplified: false};
    return String.fromCharCode(FIRST + this.#known.push({variable, secret: name}) - 1);
  }

  /**
   * The text as a stack says it: variables as `${env:…}`, `$` doubled where it would begin a placeholder. `blank`: a
   * variable without a value is empty, as in Compose, where that makes sense. Undefined where it cannot be said.
   */
  written(text: string, blank: boolean): string | undefined {
    const escaped = text.replace(/\$(?=[${])/g, '$$$$').replace(/\$(?=[\ue000-\uf8ff])/g, '$$$$');
    const result = escaped.replace(TOKEN, token => {
      const {variable, secret} = this.#of(token);
      if (secret !== undefined) return `\${secret:${secret}}`;
      if (variable.literal) return variable.otherwise!;
      const otherwise = variable.otherwise ?? (blank && !variable.required ? '' : undefined);
      return `\${env:${variable.name}${otherwise === undefined ? '' : `:-${otherwise}`}}`;
    });
    const odd = [...text.matchAll(TOKEN)].some(([token]) =>
      /[}\n]|\$\{/.test(this.#of(token).variable.otherwise ?? ''),
    );
    return odd || secretsIn(text).length > 0 ? undefined : result;
  }

  #of(token: string) {
    return this.#known[token.charCodeAt(0) - FIRST]!;
  }
}

/** Where the brace that was opened before `from` is closed. */
function closing(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '$' && text[at + 1] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}
