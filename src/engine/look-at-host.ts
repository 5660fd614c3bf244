import {
  connect,
  facts,
  type HostFacts,
  mustRun,
  type Probe,
  type Readiness,
  readiness,
  type SshOptions,
  script,
} from './hosts/index.ts';
import {toolkitVersionPath} from './runtime/toolkit/index.ts';
import {NiyantaError} from './spec/errors.ts';
import type {Host} from './spec/project.ts';

/** What one host said, or why it said nothing. */
export type LookedAt = {readonly host: Host} & (
  | {readonly error: NiyantaError}
  | {
      readonly error?: undefined;
      readonly facts: HostFacts;
      readonly readiness: Readiness;
      /** Hash of niyanta's own scripts there; absent when they are not installed. */
      readonly toolkit?: string;
      /** Containers of niyanta that run. */
      readonly containers: number;
      /** How far its clock is ahead of this machine's, in seconds. */
      readonly clockSkew: number;
    }
);

export interface LookOptions {
  readonly ssh: SshOptions;
  readonly signal?: AbortSignal;
}

/** Connects to each host, asks it what it is, and goes again. Changes nothing; what fails is told beside the host. */
export function lookAtHosts(hosts: readonly Host[], options: LookOptions): Promise<LookedAt[]> {
  return Promise.all(hosts.map(host => lookAtHost(host, options)));
}

async function lookAtHost(host: Host, {ssh, signal}: LookOptions): Promise<LookedAt> {
  try {
    const connection = await connect(host, {...ssh, signal});
    try {
      const ask = async <T>({command, parse}: Probe<T>): Promise<T> =>
        parse((await mustRun(connection, command, {what: 'look at the host', signal})).stdout);
      const start = Date.now();
      const ready = await ask(readiness);
      const middle = (start + Date.now()) / 2000;
      const found = await ask(facts);
      const own = await ask(ownThings);
      return {host, facts: found, readiness: ready, ...own, clockSkew: ready.clock - Math.floor(middle)};
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    return {host, error};
  }
}

/** niyanta's own things: its scripts' hash, and the states of its containers' tasks. */
const ownThings: Probe<{toolkit?: string; containers: number}> = {
  command: script(
    `[ -r "$1" ] && { read -r v <"$1"; echo "toolkit $v"; }
     [ -S /run/containerd/containerd.sock ] && ctr --connect-timeout 3s -n niyanta tasks ls 2>/dev/null
     :`,
    toolkitVersionPath,
  ),
  parse(stdout) {
    const toolkit = /^toolkit (\S+)$/m.exec(stdout)?.[1];
    const containers = stdout.split('\n').filter(line => /\sRUNNING\s*$/.test(line)).length;
    return {...(toolkit === undefined ? {} : {toolkit}), containers};
  },
};
