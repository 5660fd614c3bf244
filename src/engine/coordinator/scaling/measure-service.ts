import type {Measurement} from '../../scheduler/autoscale/measurement.ts';
import type {QueueTarget} from '../../spec/scale.ts';
import type {HostName, Service, Stack} from '../../spec/stack.ts';
import type {Placement} from '../../state/lock-file.ts';
import type {HostLooks} from './host-looks.ts';

export interface Measuring {
  readonly stack: Stack;
  /** As the state has them. */
  readonly placements: readonly Placement[];
  /** Those whose proxies may answer for the service. */
  readonly hosts: readonly HostName[];
  readonly looks: Pick<HostLooks, 'usage' | 'requests'>;
  /** How many workloads wait. */
  readonly waiting: (target: QueueTarget) => Promise<number>;
}

/** Every figure that the service's rule names. What cannot be known is said to have failed, never made up. */
export async function measureService(service: Service, measuring: Measuring): Promise<readonly Measurement[]> {
  const {scale} = service;
  if (!scale) return [];
  const [usage, requests, queue] = await Promise.all([
    scale.cpu !== undefined || scale.memory !== undefined ? usageOf(service, measuring) : [],
    scale.requests === undefined ? [] : [await requestsOf(service, measuring)],
    scale.queue === undefined ? [] : [await queueOf(scale.queue, measuring)],
  ]);
  return [...usage, ...requests, ...queue];
}

async function usageOf(
  {replicas, scale, resources}: Service,
  {placements, looks}: Measuring,
): Promise<readonly Measurement[]> {
  const usages = await Promise.all(placements.map(({host, container}) => looks.usage(host, container)));
  const known = usages.filter(usage => usage !== undefined);
  const unknown = Math.max(0, replicas - known.length);
  const percent = (used: number, limit: number | undefined) => (limit ? (used / limit) * 100 : 0);
  const sum = (of: (usage: (typeof known)[number]) => number) => known.reduce((all, usage) => all + of(usage), 0);
  const figures: Measurement[] = [];
  if (scale?.cpu !== undefined)
    figures.push({figure: 'cpu', total: sum(({cpu}) => percent(cpu, resources.cpu)), unknown});
  if (scale?.memory !== undefined)
    figures.push({figure: 'memory', total: sum(({memory}) => percent(memory, resources.memory)), unknown});
  return figures;
}

async function requestsOf({name}: Service, {stack, placements, hosts, looks}: Measuring): Promise<Measurement> {
  const ports = new Set(stack.routes.filter(({service}) => service === name).map(({port}) => port));
  if (ports.size === 0) return {figure: 'requests', failed: `no route leads to ${name}`};
  const upstreams = new Set(placements.flatMap(({address}) => [...ports].map(port => `${address}:${port}`)));
  const answers = await Promise.all(hosts.map(async host => ({host, rates: await looks.requests(host)})));
  const silent = answers.filter(({rates}) => !rates).map(({host}) => host);
  if (silent.length > 0) return {figure: 'requests', failed: `not counted yet by ${silent.join(', ')}`};
  const total = answers
    .flatMap(({rates}) => [...(rates ?? [])])
    .reduce((sum, [upstream, rate]) => (upstreams.has(upstream) ? sum + rate : sum), 0);
  return {figure: 'requests', total, unknown: 0};
}

async function queueOf(target: QueueTarget, {waiting}: Measuring): Promise<Measurement> {
  try {
    return {figure: 'queue', total: await waiting(target), unknown: 0};
  } catch (error) {
    return {figure: 'queue', failed: (error as Error).message};
  }
}
