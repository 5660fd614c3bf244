import type {Comparison} from '../../coordinator/comparing/compare-versions.ts';
import type {Costs, CostRates as Rates} from '../../coordinator/requests/costs.ts';
import type {UsageOfCustomer} from '../../coordinator/requests/usage.ts';
import type {Utilisation} from '../../coordinator/requests/utilisation.ts';
import type {Trend as TrendRow} from '../../coordinator/store/store.ts';
import type {Cost, CostRates, CustomerUsage, HeldShare, Trend, VersionComparison} from '../messages.d.ts';
import {timestampOf} from './well-known.ts';

export const comparisonOf = (name: string, {versions, tests}: Comparison): VersionComparison => ({
  name,
  versions: versions.map(({version = '', ...figures}) => ({version, ...figures})),
  successProbability: tests?.success,
  durationProbability: tests?.duration,
});

export const usageAnswerOf = ({customer, tier, workloads, coreSeconds, asOf}: UsageOfCustomer): CustomerUsage => ({
  customer,
  tier,
  workloads,
  coreSeconds,
  asOf: timestampOf(asOf),
});

export const trendOf = ({at, submitted, succeeded, failed, cancelled, waited, ran}: TrendRow): Trend => ({
  at: timestampOf(at),
  submitted,
  succeeded,
  failed,
  cancelled,
  waited,
  ran,
});

export const ratesOf = ({currency = '', ...rates}: Rates): CostRates => ({...rates, currency});

export const costOf = ({name = '', version = '', ...cost}: Costs): Cost => ({...cost, name, version});

export const heldOf = ({worker, workloads, cpu, memory, gpu}: Utilisation['items'][number]): HeldShare => ({
  worker,
  workloads,
  cpu,
  memory,
  gpu,
});
