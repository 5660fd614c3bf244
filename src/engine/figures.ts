import type {EnvironmentReplica, ReplicaState} from './environment-replicas.ts';
import type {Connection} from './hosts/index.ts';
import {type ReplicaUsage, usageBetween} from './replica-usage.ts';
import {figuresCommand, parseFigures, type Usage} from './runtime/stats.ts';
import type {TaskState} from './runtime/task-states.ts';

/** What a replica does and uses; sizes in bytes, CPU in cores. */
export interface ReplicaFigures {
  readonly service: string;
  readonly replica: number;
  /** Empty for one that was never placed. */
  readonly host: string;
  /** Id of its container; empty without one. */
  readonly container: string;
  readonly state: ReplicaState;
  readonly restarts: number;
  /** Absent of one that does not run. */
  readonly cpu?: number;
  readonly memory?: number;
  /** Absent without a limit. */
  readonly memoryLimit?: number;
  /** Processes in it that the kernel killed for want of memory since it started. */
  readonly oomKills?: number;
}

/** An environment at one moment. */
export interface Figures {
  readonly stack: string;
  readonly environment: string;
  /** RFC 3339. */
  readonly at: string;
  readonly replicas: readonly ReplicaFigures[];
  /** Hosts that do not answer. */
  readonly unreachable: readonly string[];
}

/** What one host said in one round. */
export interface HostLook {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  readonly usage: ReadonlyMap<string, Usage>;
  readonly states: ReadonlyMap<string, TaskState>;
}

/** One script on a host. */
export async function lookAtFigures(
  connection: Connection,
  options: {readonly signal: AbortSignal; readonly timeoutMs?: number},
): Promise<HostLook> {
  const {stdout} = await connection.run(figuresCommand, options);
  return {at: performance.now(), ...parseFigures(stdout)};
}

/** Whether somebody came or went since hosts were looked at closely; `ignored` are others' containers. */
export function hasChanged(
  replicas: readonly EnvironmentReplica[],
  looks: ReadonlyMap<string, HostLook>,
  ignored: ReadonlySet<string>,
): boolean {
  const known = new Set(replicas.map(({container}) => container?.id));
  const seen = new Set([...looks.values()].flatMap(({states}) => [...states.keys()]));
  const came = [...seen].some(id => !known.has(id) && !ignored.has(id));
  const went = replicas.some(({host, container}) => {
    return container !== undefined && container.task !== 'none' && looks.has(host ?? '') && !seen.has(container.id);
  });
  return came || went;
}

/** A replica's row: its state as last looked at closely, corrected by what its host said in this round. */
export function figuresOf(
  {service, replica, host = '', state, container}: EnvironmentReplica,
  before: ReadonlyMap<string, HostLook>,
  now: ReadonlyMap<string, HostLook>,
): ReplicaFigures {
  const look = now.get(host);
  const task = container && look?.states.get(container.id);
  const row = {service, replica, host, container: container?.id ?? ''};
  const restarts = task ? Math.max(0, task.starts - 1) : (container?.restarts ?? 0);
  if (!look && state !== 'missing') return {...row, state: 'unknown', restarts};
  if (!task?.running) return {...row, state: state === 'running' ? 'restarting' : state, restarts};
  const usage = usageNow(container!.id, before.get(host), look!);
  return {...row, state: state === 'paused' ? 'paused' : 'running', restarts, ...usage};
}

function usageNow(
  id: string,
  before: HostLook | undefined,
  now: HostLook,
): Partial<ReplicaUsage & Pick<Usage, 'oomKills'>> {
  const usage = usageBetween(before ?? {at: now.at - 1, usage: new Map()}, now).get(id);
  return usage ? {...usage, oomKills: now.usage.get(id)!.oomKills} : {};
}
