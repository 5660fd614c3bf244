import {type Command, script} from '../hosts/command.ts';
import {namespace} from './ctr.ts';
import {parseTaskStates, type TaskState, taskStatesScript} from './task-states.ts';

/** What a container uses now. */
export interface Usage {
  /** Seconds of CPU since it started. */
  readonly cpuSeconds: number;
  /** Bytes, without what the kernel could drop at once (inactive file cache), as kubectl top counts it. */
  readonly memory: number;
  /** Bytes; absent without a limit. */
  readonly memoryLimit?: number;
  /** Processes in it that the kernel killed for want of memory since it started. */
  readonly oomKills: number;
}

// cgroup v1 has a tree a controller, v2 one for all. awk reads every file in one process.
/** For scripts that ask for more beside it; `parseUsage` reads what it prints. */
export const usageScript = `base=/sys/fs/cgroup
if [ -d $base/memory ]; then
  awk 'FNR == 1 || /^(total_inactive_file|oom_kill) / {print FILENAME, $1, $2}' $base/memory/${namespace}/*/memory.usage_in_bytes $base/memory/${namespace}/*/memory.limit_in_bytes $base/memory/${namespace}/*/memory.stat $base/memory/${namespace}/*/memory.oom_control $base/cpuacct/${namespace}/*/cpuacct.usage 2>/dev/null
else
  awk 'FNR == 1 || /^(inactive_file|oom_kill) / {print FILENAME, $1, $2}' $base/${namespace}/*/memory.current $base/${namespace}/*/memory.max $base/${namespace}/*/memory.stat $base/${namespace}/*/memory.events $base/${namespace}/*/cpu.stat 2>/dev/null
fi
:`;

/** Figures of every container of a host, from the cgroups' files: one script, not one `ctr` a container. */
export const usageCommand: Command = script(usageScript);

const STATES = '--- states';

/** The same, and what each container does: one script a host and round of `top` and `stats`. */
export const figuresCommand: Command = script(`${usageScript}\necho '${STATES}'\n${taskStatesScript}`);

/** What `figuresCommand` printed. */
export function parseFigures(stdout: string): {
  readonly usage: ReadonlyMap<string, Usage>;
  readonly states: ReadonlyMap<string, TaskState>;
} {
  const [usage = '', states = ''] = stdout.split(`${STATES}\n`);
  return {usage: parseUsage(usage), states: parseTaskStates(states)};
}

/** By container id. Reads what `usageCommand` printed on cgroup v1 and v2. */
export function parseUsage(stdout: string): ReadonlyMap<string, Usage> {
  const values = new Map<string, Map<string, number>>();
  for (const line of stdout.split('\n')) {
    const [, id, file, first, second] = new RegExp(`/${namespace}/([^/]+)/(\\S+) (\\S+) ?(\\S*)$`).exec(line) ?? [];
    if (id === undefined || file === undefined || first === undefined) continue;
    const of = values.get(id) ?? new Map<string, number>();
    values.set(id, of);
    const named = /^[a-z_]/.test(first) && first !== 'max';
    of.set(
      named ? `${file}:${first}` : file,
      Number(named ? second : first === 'max' ? Number.POSITIVE_INFINITY : first),
    );
  }
  return new Map([...values].map(([id, of]) => [id, usageOf(of)]));
}

/** Without a limit, v1 says a number near 2^63. */
const unlimited = 2 ** 60;

function usageOf(of: ReadonlyMap<string, number>): Usage {
  const used = of.get('memory.usage_in_bytes') ?? of.get('memory.current') ?? 0;
  const inactive = of.get('memory.stat:total_inactive_file') ?? of.get('memory.stat:inactive_file') ?? 0;
  const limit = of.get('memory.limit_in_bytes') ?? of.get('memory.max') ?? Number.POSITIVE_INFINITY;
  const nanoseconds = of.get('cpuacct.usage');
  const microseconds = of.get('cpu.stat:usage_usec') ?? 0;
  return {
    cpuSeconds: nanoseconds === undefined ? microseconds / 1e6 : nanoseconds / 1e9,
    memory: Math.max(0, used - inactive),
    oomKills: of.get('memory.oom_control:oom_kill') ?? of.get('memory.events:oom_kill') ?? 0,
    ...(limit < unlimited ? {memoryLimit: limit} : {}),
  };
}
