import {SECRET_NAME} from '../names.ts';
import type {Place} from '../tree.ts';
import type {Variables} from './variables.ts';

/** A value of the environment that looks like a password. */
export interface SecretSuggestion {
  /** For `niyanta secret set NAME`. */
  readonly name: string;
  readonly service: string;
  readonly variable: string;
  readonly file: string;
  readonly line: number;
}

const NAME =
  /(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|SIGNING|LICENSE|MASTER|APP|AUTH)_?KEY(?:_BASE)?|KEY_BASE)(?:$|_(?!FILE|PATH|URL|URI|HOST|PORT|LENGTH|EXPIR|TTL|MIN|MAX|POLICY|ENABLED|NAME))/i;
const IN_URL = /^([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)([^\s@/]+)(@.*)$/is;

/** Finds passwords in environments; with `replace` they become `${secret:NAME}`, one name for one value. */
export class Passwords {
  readonly #variables: Variables;
  readonly #replace: boolean;
  readonly #byText = new Map<string, string>();
  readonly #suggestions: SecretSuggestion[] = [];

  constructor(variables: Variables, replace: boolean) {
    this.#variables = variables;
    this.#replace = replace;
  }

  /** The text for a variable of a service, as it is or with a secret in it. */
  of(service: string, variable: string, text: string, at: Place): string {
    const url = IN_URL.exec(text);
    const found = url ? url[2]! : NAME.test(variable) && !/_FILE$/i.test(variable) ? text : undefined;
    if (found === undefined || found === '' || /^(?:true|false|yes|no|\d{1,3}|\/\S*)$/i.test(found)) return text;
    const name = this.#name(service, variable, found);
    this.#suggestions.push({name, service, variable, file: at.source.name, line: at.line});
    if (!this.#replace) return text;
    return url ? `${url[1]}${this.#variables.secret(name)}${url[3]}` : this.#variables.secret(name);
  }

  all(): readonly SecretSuggestion[] {
    return this.#suggestions;
  }

  /** `${DB_PASSWORD}` is the secret DB_PASSWORD; a value that was met before has its name already. */
  #name(service: string, variable: string, text: string): string {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const [only, second] = this.#variables.in(text);
    const own = only && !second && text.length === 1 ? only.name : variable;
    const wish = SECRET_NAME.test(own) ? own : own.replace(/[^A-Za-z0-9_]/g, '_');
    const taken = [...this.#byText.values()];
    const name = taken.includes(wish) ? `${service.replaceAll('-', '_').toUpperCase()}_${wish}` : wish;
    this.#byText.set(text, name);
    return name;
  }
}
