import {type Command, script} from '../hosts/command.ts';
import {parseUsage, type Usage, usageScript} from './stats.ts';

/** What a host uses now, and each of its containers. Bytes; jiffies since its boot. */
export interface HostUsage {
  readonly cpus: number;
  /** Of all CPUs together: grows by `cpus` × the host's clock ticks a second. */
  readonly jiffies: {readonly busy: number; readonly all: number};
  readonly memory: {readonly total: number; readonly available: number};
  /** Of the file system under /var/lib. */
  readonly disk: {readonly total: number; readonly free: number};
  /** By container id. */
  readonly containers: ReadonlyMap<string, Usage>;
}

const containers = '--- containers';

/** One script, a handful of processes however many containers there are; read by `parseHostUsage`. */
export const hostUsageCommand: Command =
  script(`read -r cpu user nice system idle iowait irq softirq steal rest </proc/stat
echo "cpu $user $nice $system $idle $iowait $irq $softirq $steal"
echo "cpus $(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)"
while read -r k v u; do case $k in MemTotal:|MemAvailable:) echo "$k $v";; esac; done </proc/meminfo
df -kP /var/lib | tail -n 1
echo '${containers}'
${usageScript}`);

/** What `hostUsageCommand` printed; undefined when a part is missing. */
export function parseHostUsage(stdout: string): HostUsage | undefined {
  const [host = '', rest = ''] = stdout.split(`${containers}\n`);
  const number = (pattern: RegExp) => Number(pattern.exec(host)?.[1] ?? Number.NaN);
  const times = (/^cpu (.+)$/m.exec(host)?.[1] ?? '').split(' ').map(Number);
  const [, , , idle = Number.NaN, iowait = 0] = times;
  const all = times.reduce((sum, each) => sum + (each || 0), 0);
  const [, blocks, , free] = /^\S+ +(\d+) +(\d+) +(\d+) +\d+% /m.exec(host) ?? [];
  const usage = {
    cpus: number(/^cpus (\d+)$/m),
    jiffies: {busy: all - idle - iowait, all},
    memory: {total: number(/^MemTotal: (\d+)$/m) * 1024, available: number(/^MemAvailable: (\d+)$/m) * 1024},
    disk: {total: Number(blocks ?? Number.NaN) * 1024, free: Number(free ?? Number.NaN) * 1024},
    containers: parseUsage(rest),
  };
  const {cpus, jiffies, memory, disk} = usage;
  const parts = [cpus, jiffies.busy, memory.total, memory.available, disk.total, disk.free];
  return parts.some(Number.isNaN) ? undefined : usage;
}

/** Share of its CPUs that a host used between two looks, 0 to 1. */
export function busyBetween(before: HostUsage, now: HostUsage): number {
  const all = now.jiffies.all - before.jiffies.all;
  return all <= 0 ? 0 : Math.min(1, Math.max(0, (now.jiffies.busy - before.jiffies.busy) / all));
}
