import {connect, mustRun, type PreparedStep, prepare, type SshOptions, script} from './hosts/index.ts';
import {installToolkit, toolkitHash, toolkitVersionPath} from './runtime/toolkit/index.ts';
import {NiyantaError} from './spec/errors.ts';
import type {Host} from './spec/project.ts';

/** What was done on one host, or why it was not. */
export interface PreparedHost {
  readonly host: string;
  readonly steps: readonly PreparedStep[];
  readonly error?: NiyantaError;
}

export interface PrepareHostsOptions {
  readonly ssh: SshOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (host: string, text: string) => void;
}

/**
 * Makes hosts ready, all at once: containerd, runc, CNI plugins, iptables, forwarding, and niyanta's own scripts.
 * Idempotent. What fails on one is told with it and stops no other.
 */
export function prepareHosts(hosts: readonly Host[], options: PrepareHostsOptions): Promise<PreparedHost[]> {
  return Promise.all(
    hosts.map(async (host): Promise<PreparedHost> => {
      try {
        return {host: host.name, steps: await prepareHost(host, options)};
      } catch (error) {
        if (!(error instanceof NiyantaError)) throw error;
        return {host: host.name, steps: [], error};
      }
    }),
  );
}

async function prepareHost(host: Host, {ssh, signal, onProgress}: PrepareHostsOptions): Promise<PreparedStep[]> {
  const connection = await connect(host, {...ssh, signal});
  try {
    const steps = await prepare(connection, {signal, onProgress: text => onProgress?.(host.name, text)});
    const command = script('[ ! -r "$1" ] || cat "$1"', toolkitVersionPath);
    const {stdout} = await mustRun(connection, command, {what: "look for niyanta's scripts", signal});
    const there = stdout.trim();
    if (there === toolkitHash) return [...steps, {done: false, text: "niyanta's scripts: already there"}];
    signal?.throwIfAborted();
    await installToolkit(connection);
    return [...steps, {done: true, text: `${there === '' ? 'installed' : 'renewed'} niyanta's scripts`}];
  } finally {
    await connection.close();
  }
}
