import type {Account} from './accounts.ts';
import {amountText, type Exact, exact} from './amounts.ts';
import type {QueuedWorkload} from './request.ts';

const limited = ['cpu', 'memory', 'gpu'] as const;

/** Why nothing of this customer may start now: `customer acme is at its limit of 10 running`. */
export function closed({view, attempts}: Account): string | undefined {
  if (view.suspended) return `customer ${view.id} is suspended`;
  const {running} = view.limits;
  if (running === undefined || attempts.size < running) return undefined;
  return `customer ${view.id} is at its limit of ${running} running`;
}

/** Why nothing that needs this much may: `customer acme has 6 CPU of its 8 running, this needs 4 CPU`. */
export function overQuota({view, taken}: Account, need: Exact): string | undefined {
  const limits = exact(view.limits);
  for (const kind of limited) {
    if (view.limits[kind] === undefined || need[kind] === 0 || taken[kind] + need[kind] <= limits[kind]) continue;
    const [has, all, more] = [taken[kind], limits[kind], need[kind]].map(count => amountText(kind, count));
    return `customer ${view.id} has ${has} of its ${all} running, this needs ${more}`;
  }
  return undefined;
}

/** Why this one may not beside what runs: `concurrency key report: 1 of 1 running`. */
export function atConcurrency(account: Account, concurrency: QueuedWorkload['concurrency']): string | undefined {
  if (!concurrency) return undefined;
  const running = account.runningWith(concurrency.key);
  return running < concurrency.max
    ? undefined
    : `concurrency key ${concurrency.key}: ${running} of ${concurrency.max} running`;
}
