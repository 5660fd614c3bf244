import type {Param} from './database.ts';

/** The conditions of a query with their parameters; what is undefined is no condition. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly params: Param[] = [];

  add(text: (parameter: string) => string, value: Param): void {
    if (value !== undefined) this.#texts.push(text(this.param(value)));
  }

  equal(column: string, value: Param): void {
    this.add(parameter => `${column} = ${parameter}`, value);
  }

  /** Adds a parameter; returns how it is called. */
  param(value: Param): string {
    this.params.push(value);
    return `$${this.params.length}`;
  }

  get where(): string {
    return this.#texts.length === 0 ? '' : `where ${this.#texts.join(' and ')}`;
  }
}
