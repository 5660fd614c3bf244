import type {Operation} from '../planner/plan.ts';
import {type FindPresent, type Inverse, type InverseStep, type InverseTools, inverseOf, runInverse} from './inverse.ts';

/** How each of these operations is taken back, by id; known before any of them begins. */
export const inversesOf = (operations: readonly Operation[], present: FindPresent): ReadonlyMap<string, Inverse> =>
  new Map(operations.map(operation => [operation.id, inverseOf(operation, present)]));

/** Remembers how far each operation got, so that just that much of its inverse is done. */
export class UndoLog {
  readonly #inverses: ReadonlyMap<string, Inverse>;
  readonly #reached = new Map<string, Set<InverseStep>>();

  constructor(inverses: ReadonlyMap<string, Inverse>) {
    this.#inverses = inverses;
  }

  inverse(operation: string): Inverse {
    return this.#inverses.get(operation) ?? [];
  }

  /** The steps of its inverse that there is need of by now. What runs an operation adds to it. */
  reached(operation: string): Set<InverseStep> {
    const reached = this.#reached.get(operation) ?? new Set();
    this.#reached.set(operation, reached);
    return reached;
  }

  /** Something of it is there to be taken back. */
  has(operation: string): boolean {
    return (this.#reached.get(operation)?.size ?? 0) > 0;
  }

  /** Takes an operation back as far as it got. After a failure it may be tried again. */
  async takeBack(operation: string, tools: InverseTools): Promise<void> {
    const reached = this.reached(operation);
    await runInverse(
      this.inverse(operation).filter(step => reached.has(step)),
      tools,
    );
    reached.clear();
  }
}
