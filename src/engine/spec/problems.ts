import {type Location, type UserError, UserErrors} from './errors.ts';
import {locationOf, type Path, type Place} from './tree.ts';

/** Collects every error of the files, so that all of them can be told at once. One error a spot and path. */
export class Problems {
  readonly #errors = new Map<string, UserError>();

  readonly #told = new Set<string>();

  /** What is wrong at this spot follows from something that was told elsewhere: say nothing more about it. */
  told(place: Place, path: Path): void {
    this.#told.add(keyOf(locationOf(place, path)));
  }

  add(...errors: readonly UserError[]): void {
    for (const error of errors) {
      const key = error.location ? keyOf(error.location) : error.message;
      if (!this.#told.has(key) && !this.#errors.has(key)) this.#errors.set(key, error);
    }
  }

  /** Runs a step whose errors shall not hide those of other steps. */
  async gather<T>(step: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof UserErrors) this.add(...error.errors);
      else if (error instanceof Error && 'location' in error) this.add(error as UserError);
      else throw error;
      return undefined;
    }
  }

  get any(): boolean {
    return this.#errors.size > 0;
  }

  /** The first one, in the order of the files' lines. */
  get first(): UserError | undefined {
    return [...this.#errors.values()].sort(byPlace)[0];
  }

  /** Throws what was collected, in the order of the files' lines. Errors: UserErrors. */
  throwIfAny(): void {
    if (this.any) throw new UserErrors([...this.#errors.values()].sort(byPlace));
  }
}

const keyOf = (at: Location): string => `${at.file}:${at.line}:${at.column}:${at.path ?? ''}`;

function byPlace(a: UserError, b: UserError): number {
  const [left, right] = [a.location, b.location];
  if (!left || !right) return left ? 1 : right ? -1 : 0;
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
