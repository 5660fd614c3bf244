import type {z} from 'zod';
import type {UserError} from './errors.ts';
import type {hooksSchema} from './hooks-schema.ts';
import type {ServiceName} from './stack.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, placeAt, type Tree} from './tree.ts';

export type HookTime = 'before' | 'after' | 'onFailure';

/** A job that runs once around a change. */
export interface Hook {
  readonly name: string;
  readonly when: HookTime;
  /** Whose image, environment, files and volumes it has. */
  readonly service: ServiceName;
  /** Whose change it belongs to. */
  readonly on: readonly ServiceName[];
  readonly command: readonly string[];
  /** Beside the service's; values may hold `${secret:NAME}`. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Runs with every change, whichever services it is about. */
  readonly always: boolean;
}

const TIMES = ['before', 'after', 'onFailure'] as const;

/** Checked hooks as the rest of niyanta reads them, in the order of the file. */
export const compileHooks = (written: z.output<typeof hooksSchema> | undefined): readonly Hook[] =>
  TIMES.flatMap(when =>
    (written?.[when] ?? []).map(
      ({timeout, on, ...rest}): Hook => ({...rest, when, on: on ?? [rest.service], timeoutMs: timeout}),
    ),
  );

/** What no schema can see: services that are there, names that are given once. */
export function checkHooks(
  written: z.output<typeof hooksSchema> | undefined,
  services: readonly ServiceName[],
  tree: Tree,
  report: (error: UserError) => void,
): void {
  const seen = new Set<string>();
  for (const when of TIMES) {
    (written?.[when] ?? []).forEach((hook, index) => {
      const path = ['hooks', when, index];
      const wrong = (key: (string | number)[], code: string, message: string, hint?: string): void =>
        report(errorAt(placeAt(tree, [...path, ...key]), [...path, ...key], {code, message, hint}));
      if (seen.has(hook.name)) wrong(['name'], 'duplicate', `${hook.name} is the name of another hook`);
      seen.add(hook.name);
      const asked = [
        [['service'], hook.service] as const,
        ...(hook.on ?? []).map((on, at) => [['on', at], on] as const),
      ];
      for (const [key, name] of asked) {
        if (services.includes(name)) continue;
        const message = `there is no service ${JSON.stringify(name)}${didYouMean(name, services)}`;
        wrong([...key], 'unknown-service', message, `Services: ${services.join(', ')}.`);
      }
    });
  }
}
