import type {Operation, OperationId} from '../plan.ts';

/** An operation before it is known what it waits for. */
export type Draft = Operation extends infer O ? (O extends Operation ? Omit<O, 'after'> : never) : never;

/** Operations and what each waits for. Never has a cycle: what would close one is refused or left out. */
export class OperationGraph {
  readonly #nodes = new Map<OperationId, Draft>();
  readonly #after = new Map<OperationId, Set<OperationId>>();
  readonly #before = new Map<OperationId, Set<OperationId>>();

  add(operation: Draft): void {
    this.#nodes.set(operation.id, operation);
    this.#after.set(operation.id, new Set());
    this.#before.set(operation.id, new Set());
  }

  ids(): readonly OperationId[] {
    return [...this.#nodes.keys()];
  }

  get(id: OperationId): Draft | undefined {
    return this.#nodes.get(id);
  }

  /** Replaces an operation by another of the same id, keeping what it waits for. */
  change(operation: Draft): void {
    this.#nodes.set(operation.id, operation);
  }

  /** `id` waits for `other`. Only for what cannot close a cycle, or after asking `leads`. */
  wait(id: OperationId, other: OperationId): void {
    if (id === other || !this.#nodes.has(other)) return;
    this.#after.get(id)!.add(other);
    this.#before.get(other)!.add(id);
  }

  /** `id` waits for those of `others` that do not themselves wait for it: a wish, not a must. */
  prefer(id: OperationId, others: readonly OperationId[]): void {
    if (others.length === 0) return;
    const later = this.#reachable(id);
    for (const other of others) if (!later.has(other)) this.wait(id, other);
  }

  /** Whether `later` waits for `earlier`, directly or not. */
  leads(earlier: OperationId, later: OperationId): boolean {
    return this.#reachable(earlier).has(later);
  }

  /** In an order in which they could run; the order in which they were added decides between equals. */
  operations(): readonly Operation[] {
    const ordered: Operation[] = [];
    const open = new Map([...this.#after].map(([id, after]) => [id, after.size]));
    let ready = [...open].filter(([, count]) => count === 0).map(([id]) => id);
    while (ready.length > 0) {
      const next: OperationId[] = [];
      for (const id of ready) {
        ordered.push({...this.#nodes.get(id)!, after: [...this.#after.get(id)!].sort()} as Operation);
        for (const later of this.#before.get(id)!) {
          const count = open.get(later)! - 1;
          open.set(later, count);
          if (count === 0) next.push(later);
        }
      }
      const rank = new Map([...this.#nodes.keys()].map((id, index) => [id, index]));
      ready = next.sort((a, b) => rank.get(a)! - rank.get(b)!);
    }
    return ordered;
  }

  #reachable(from: OperationId): ReadonlySet<OperationId> {
    const seen = new Set([from]);
    const stack = [from];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const later of this.#before.get(id) ?? []) {
        if (seen.has(later)) continue;
        seen.add(later);
        stack.push(later);
      }
    }
    return seen;
  }
}
