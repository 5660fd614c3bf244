import {readRecords} from './executor/journal-record.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {didYouMean} from './spec/suggest.ts';

/** What a hook printed when it ran last. */
export interface HookLog {
  readonly hook: string;
  readonly run: string;
  readonly host: string;
  /** When it ended, RFC 3339. */
  readonly at: string;
  readonly outcome: string;
  /** The last hundred. */
  readonly lines: readonly string[];
}

/**
 * The log of a hook's newest run, from the journals of the newest 20 changes. Errors: UserError `unknown-hook` (exit 1)
 * when it ran in none of them.
 */
export async function hookLog({store, environment}: Session, hook: string): Promise<HookLog> {
  const others = new Set<string>();
  for (const run of await store.journal.runs(environment)) {
    const records = readRecords(run, await store.journal.read(environment, run));
    for (const record of records.toReversed()) {
      if (record.type !== 'operation-finished' || !record.operation.startsWith('hook:')) continue;
      const [, host = '', name = ''] = record.operation.split(':');
      others.add(name);
      const {at, outcome, log = []} = record;
      if (name === hook) return {hook, run, host, at, outcome, lines: log};
    }
  }
  throw new UserError({
    code: 'unknown-hook',
    message: `no hook ${JSON.stringify(hook)} ran in the newest changes of environment "${environment}"${didYouMean(hook, [...others])}`,
    hint: others.size > 0 ? `Hooks that did: ${[...others].sort().join(', ')}` : 'See what ran: niyanta events',
    exit: 1,
  });
}
