import {scopeAsked} from '../../coordinator/access/index.ts';
import {compareRuns} from '../../coordinator/requests/compare-runs.ts';
import {costsOf} from '../../coordinator/requests/costs.ts';
import {checkIntervals, periodOf} from '../../coordinator/requests/period.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import {usageOf} from '../../coordinator/requests/usage.ts';
import {utilisationOf} from '../../coordinator/requests/utilisation.ts';
import type {Methods} from '../calls/caller.ts';
import {comparisonOf, costOf, heldOf, ratesOf, trendOf, usageAnswerOf} from '../wire/analytics.ts';
import {costsBy, intervalMs, limitUpTo, periodAsked} from '../wire/read-analytics.ts';
import {customer, neededWord, word} from '../wire/read-fields.ts';
import {timestampOf} from '../wire/well-known.ts';
import {summaryOf} from '../wire/workload.ts';

type Names = 'WorkloadFigures' | 'CompareVersions' | 'ReadUsage' | 'ReadTrends' | 'ReadCosts' | 'ReadUtilisation';

/** How it goes, and how it went. */
export function analyticsMethods({coordinator, costs: rates}: Reception): Pick<Methods, Names> {
  const {store} = coordinator;
  return {
    async WorkloadFigures(request, {who}) {
      const scope = scopeAsked(who, customer(request.customer));
      const figures = await coordinator.figures(scope, limitUpTo(500, request.limit || 200));
      return {
        items: figures.map(({row, cpu, memory, memoryLimit}) => ({workload: summaryOf(row), cpu, memory, memoryLimit})),
      };
    },
    async CompareVersions(request, {who}) {
      const name = neededWord(request.name, 'name');
      return comparisonOf(name, await compareRuns(store, scopeAsked(who, customer(request.customer)), name));
    },
    async ReadUsage(request, {who}) {
      return {items: (await usageOf(store, scopeAsked(who, customer(request.customer)))).map(usageAnswerOf)};
    },
    async ReadTrends(request, {who}) {
      const interval = intervalMs(request.intervalMs);
      const period = await periodOf(periodAsked(request), store.now);
      checkIntervals(period, interval);
      const name = word(request.name, 'name');
      const query = {...period, intervalMs: interval, ...(name !== undefined && {name})};
      const trends = await store.trends(scopeAsked(who, customer(request.customer)), query);
      return {
        from: timestampOf(period.from),
        until: timestampOf(period.until),
        intervalMs: interval,
        items: trends.map(trendOf),
      };
    },
    async ReadCosts(request, {who}) {
      const query = {by: costsBy(request.by), limit: limitUpTo(10_000, request.limit || 1000)};
      const period = await periodOf(periodAsked(request), store.now);
      const spent = await store.spent(scopeAsked(who, customer(request.customer)), {...period, ...query});
      return {
        from: timestampOf(period.from),
        until: timestampOf(period.until),
        rates: ratesOf(rates),
        items: spent.map(each => costOf(costsOf(each, rates))),
      };
    },
    async ReadUtilisation() {
      const {items, all} = utilisationOf(await store.workers(), await store.reserved('everyone'));
      return {at: timestampOf(await store.now()), items: items.map(heldOf), all: heldOf({...all, worker: ''})};
    },
  };
}
