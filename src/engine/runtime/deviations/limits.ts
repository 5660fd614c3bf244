import {quote} from '../../hosts/command.ts';
import type {Resources} from '../../spec/stack.ts';
import type {ContainerId} from '../container-spec.ts';
import {namespace} from '../ctr.ts';
import type {Deviation} from './deviation.ts';

const base = '/sys/fs/cgroup';
/** cgroup v1 has a tree a controller, v2 one for all; what is not there is left out. */
const files = [
  `${base}/memory/${namespace}/*/memory.limit_in_bytes`,
  `${base}/cpu/${namespace}/*/cpu.cfs_quota_us`,
  `${base}/cpu/${namespace}/*/cpu.cfs_period_us`,
  `${base}/${namespace}/*/memory.max`,
  `${base}/${namespace}/*/cpu.max`,
];

/** One process for all containers. */
export const limitsInForce = `grep -sH '' ${files.join(' ')}`;

/** What the kernel holds a container to; absent where a controller is not there. */
export interface LimitsInForce {
  /** Bytes. */
  readonly memory?: number | 'none';
  /** CPUs. */
  readonly cpu?: number | 'none';
}

/** Without a limit, v1 says a number near 2^63. */
const unlimited = 2 ** 60;

/** By container, from the lines `FILE:VALUE`. */
export function parseLimits(lines: readonly string[]): ReadonlyMap<ContainerId, LimitsInForce> {
  const found = new Map<ContainerId, Map<string, string>>();
  for (const line of lines) {
    const [, id, file, value] = new RegExp(`/${namespace}/([^/]+)/([a-z_.]+):(.*)$`).exec(line) ?? [];
    if (id === undefined || file === undefined || value === undefined) continue;
    found.set(id, (found.get(id) ?? new Map()).set(file, value));
  }
  return new Map([...found].map(([id, values]) => [id, {memory: memoryOf(values), cpu: cpuOf(values)}]));
}

function memoryOf(values: ReadonlyMap<string, string>): LimitsInForce['memory'] {
  const value = values.get('memory.limit_in_bytes') ?? values.get('memory.max');
  if (value === undefined) return undefined;
  return value === 'max' || Number(value) > unlimited ? 'none' : Number(value);
}

function cpuOf(values: ReadonlyMap<string, string>): LimitsInForce['cpu'] {
  const [quota, period] = values.get('cpu.max')?.split(' ') ?? [
    values.get('cpu.cfs_quota_us'),
    values.get('cpu.cfs_period_us'),
  ];
  if (quota === undefined || period === undefined) return undefined;
  return quota === 'max' || quota === '-1' ? 'none' : Number(quota) / Number(period);
}

/** The kernel counts memory in pages; the largest are of 64 KiB. */
const page = 65_536;

/** Limits that are not those of the spec. */
export function limitDeviations(resources: Resources, {memory, cpu}: LimitsInForce): readonly Deviation[] {
  const wanted = {memory: resources.memory ?? 'none', cpu: resources.cpu ?? 'none'} as const;
  const deviation = (path: string, from: unknown, to: unknown): Deviation => ({
    aspect: 'limits',
    what: 'limits changed',
    path,
    from,
    to,
  });
  return [
    ...(cpu === undefined || near(cpu, wanted.cpu, 0.001) ? [] : [deviation('resources.cpu', cpu, wanted.cpu)]),
    ...(memory === undefined || near(memory, wanted.memory, page)
      ? []
      : [deviation('resources.memory', memory, wanted.memory)]),
  ];
}

const near = (a: number | 'none', b: number | 'none', within: number): boolean =>
  a === b || (a !== 'none' && b !== 'none' && Math.abs(a - b) < within);

/** Lines that hold a running container to its limits again. They fail where the kernel refuses: more is in use. */
export function limitLines(id: ContainerId, {memory, cpu}: Resources): readonly string[] {
  const v1 = (controller: string, file: string) => quote(`${base}/${controller}/${namespace}/${id}/${file}`);
  const v2 = (file: string) => quote(`${base}/${namespace}/${id}/${file}`);
  const period = 100_000;
  const quota = cpu === undefined ? undefined : Math.trunc(cpu * period);
  return [
    `if [ -e ${v1('cpu', 'cpu.cfs_quota_us')} ]; then`,
    `  echo ${period} >${v1('cpu', 'cpu.cfs_period_us')}`,
    `  echo ${quota ?? -1} >${v1('cpu', 'cpu.cfs_quota_us')}`,
    `elif [ -e ${v2('cpu.max')} ]; then`,
    `  echo '${quota ?? 'max'} ${period}' >${v2('cpu.max')}`,
    'fi',
    `if [ -e ${v1('memory', 'memory.limit_in_bytes')} ]; then`,
    `  echo ${memory ?? -1} >${v1('memory', 'memory.limit_in_bytes')}`,
    `elif [ -e ${v2('memory.max')} ]; then`,
    `  echo ${memory ?? 'max'} >${v2('memory.max')}`,
    'fi',
  ];
}
