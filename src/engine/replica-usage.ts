import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from './hosts/index.ts';
import {parseUsage, type Usage, usageCommand} from './runtime/stats.ts';
import {OutsideError} from './spec/errors.ts';

/** What a container uses now. */
export interface ReplicaUsage {
  /** Cores: 0.5 is half of one. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes; absent without a limit. */
  readonly memoryLimit?: number;
}

/** Between the two looks that CPU is counted from. Milliseconds. */
const sampleMs = 200;

/** What the containers of a host use, by id; nothing of a host that is lost meanwhile. One script a look. */
export async function usageOn(connection: Connection, signal: AbortSignal): Promise<ReadonlyMap<string, ReplicaUsage>> {
  try {
    const first = await lookAtUsage(connection, signal);
    await sleep(sampleMs, undefined, {signal});
    const second = await lookAtUsage(connection, signal);
    return usageBetween(first, second);
  } catch (error) {
    if (error instanceof OutsideError && error.transient) return new Map();
    throw error;
  }
}

/** What one host said once. */
export interface UsageLook {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  readonly usage: ReadonlyMap<string, Usage>;
}

export async function lookAtUsage(connection: Connection, signal: AbortSignal): Promise<UsageLook> {
  const {stdout} = await connection.run(usageCommand, {signal});
  return {at: performance.now(), usage: parseUsage(stdout)};
}

/** Of containers that were there both times; one that was started anew in between counts from zero. */
export function usageBetween(first: UsageLook, second: UsageLook): ReadonlyMap<string, ReplicaUsage> {
  const seconds = Math.max(1, second.at - first.at) / 1000;
  return new Map(
    [...second.usage].map(([id, {cpuSeconds, memory, memoryLimit}]) => {
      const before = first.usage.get(id)?.cpuSeconds ?? cpuSeconds;
      const cpu = Math.max(0, cpuSeconds - before) / seconds;
      return [id, {cpu: Math.round(cpu * 1000) / 1000, memory, ...(memoryLimit === undefined ? {} : {memoryLimit})}];
    }),
  );
}
