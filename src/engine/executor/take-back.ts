import {runGraph, type Step} from './graph.ts';

/** What could not be done to an operation, and why. */
export interface Failure {
  readonly operation: string;
  readonly error: unknown;
}

export interface TakeBackOptions<S extends Step> {
  readonly limitPerHost: number;
  /** Takes one operation back; what it rejects with is remembered, and the others go on. */
  readonly undo: (step: S) => Promise<void>;
  /**
   * Whether what went before a step stays when that cannot be taken back: new replicas that a switch could not be taken
   * from go on serving.
   */
  readonly holds?: (step: S) => boolean;
}

/**
 * Takes operations back in the reverse order of their dependencies: what came after another goes before it, on all hosts
 * at once. Goes on past failures, and returns them. Never rejects.
 */
export async function takeBack<S extends Step>(
  steps: readonly S[],
  {limitPerHost, undo, holds}: TakeBackOptions<S>,
): Promise<readonly Failure[]> {
  const dependants = new Map<string, string[]>();
  for (const {id, after} of steps)
    for (const other of after) dependants.set(other, [...(dependants.get(other) ?? []), id]);
  const failures: Failure[] = [];
  const reversed = steps
    .toReversed()
    .map(step => ({id: step.id, host: step.host, after: dependants.get(step.id) ?? [], step}));
  await runGraph(reversed, {
    limitPerHost,
    onFailure: 'continue',
    // Ctrl-C does not stop it: half taken back is worse than either.
    signal: new AbortController().signal,
    run: ({id, step}) =>
      undo(step).catch(error => {
        failures.push({operation: id, error});
        if (holds?.(step)) throw error;
      }),
  });
  return failures;
}
