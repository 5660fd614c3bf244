import {readFile} from 'node:fs/promises';
import {homedir, userInfo} from 'node:os';
import {join} from 'node:path';
import type {Duplex} from 'node:stream';
import type {Host} from '../spec/project.ts';
import {letIn} from './at-the-door.ts';
import type {Connection} from './connection.ts';
import {attempts, fingerprintOf, type HostKeyTrust, hostKeyRefused, keyType, trusts} from './host-key.ts';
import {type AskPassphrase, identitiesFor} from './identities.ts';
import {type Gate, throughGate} from './jump-hosts.ts';
import {knownKeys, parseKnownHosts} from './known-hosts.ts';
import {watchSilence} from './liveness.ts';
import type {Endpoint, Opened} from './ssh-attempt.ts';
import {parseHop, type SshSettings, sshFolder, sshSettings} from './ssh-config-file.ts';
import {unreachable} from './ssh-errors.ts';
import {sshTransport} from './ssh-transport.ts';
import type {Transport} from './transport.ts';

export interface SshOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absent: nobody can be asked. */
  readonly askPassphrase?: AskPassphrase;
  /** Ends connecting, with its reason. */
  readonly signal?: AbortSignal;
  /**
   * A connection that is open already and stays its owner's to close; undefined: to be made as ever. Errors: OutsideError
   * `host-unreachable` for a host that is known to be away, so that nobody waits for it.
   */
  readonly open?: (host: Host) => Connection | undefined;
}

/** Connects over SSH, through jump hosts where told. Errors: see `ssh-errors.ts`, `host-key.ts`, `identities.ts`. */
export async function sshConnect(host: Host, options: SshOptions): Promise<Transport> {
  const way = await wayTo(host, options);
  try {
    const opened = await openClient(way.endpoint, way.through, way.deadline, options, way.home);
    return sshTransport(host.name, opened, way.leave);
  } catch (error) {
    way.leave();
    throw error;
  }
}

/**
 * The key that a host shows, and whether known_hosts has it already. Nothing but the key exchange happens. A host has
 * a key of each type: the one that is expected when it has that, else the first.
 */
export async function offeredHostKey(host: Host, options: SshOptions, expected?: string): Promise<OfferedHostKey> {
  const {endpoint, through, deadline, home, leave} = await wayTo({...host, hostKey: undefined}, options);
  try {
    const trust = await trustOf(endpoint, home);
    const sock = async () => (through ? forward(through, endpoint, deadline) : undefined);
    let offered: OfferedHostKey | undefined;
    for (const algorithms of attempts(expected === undefined ? trust : {kind: 'pinned', fingerprint: expected})) {
      const nothing: HostKeyTrust = {kind: 'none'};
      const {signal} = options;
      const end = await letIn(endpoint, {algorithms, trust: nothing, identities: [], deadline, signal}, sock);
      if ('client' in end || !end.refused) continue;
      const {refused} = end;
      const key = {fingerprint: fingerprintOf(refused), type: keyType(refused), known: trusts(trust, refused)};
      if (expected === undefined || key.fingerprint === expected) return key;
      offered ??= key;
    }
    if (offered) return offered;
    throw unreachable(endpoint, 'it offers no host key of a type that is known');
  } finally {
    leave();
  }
}

/** What a host shows before anybody logs in. */
export interface OfferedHostKey {
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** known_hosts has it. */
  readonly known: boolean;
}

/** Where a host is, with the connections to its jump hosts open. */
async function wayTo(host: Host, options: SshOptions) {
  const home = options.env.HOME ?? homedir();
  const config = await textOf(join(sshFolder(home), 'config'));
  const settings = sshSettings(config, host.address ?? host.name, home);
  const hops = host.proxyJump === undefined ? settings.proxyJump : host.proxyJump.split(',').map(hop => hop.trim());
  const deadline = Date.now() + host.connectTimeoutMs;
  const opened: Gate[] = [];
  const leave = () => {
    for (const gate of opened.splice(0).reverse()) gate.leave();
  };
  try {
    const ways = [home];
    for (const hop of hops) {
      const endpoint = jumpEndpoint(hop, host, config, home);
      const {address, port, user, identityFiles} = endpoint;
      ways.push(JSON.stringify([address, port, user, identityFiles]));
      const through = opened.at(-1);
      opened.push(await throughGate(ways.join(' '), () => openGate(endpoint, through, deadline, options, home)));
    }
    return {endpoint: endpointOf(host, settings), through: opened.at(-1), deadline, home, leave};
  } catch (error) {
    leave();
    throw error;
  }
}

/** A jump host that is silent takes all that go through it with it. */
async function openGate(...[endpoint, ...rest]: Parameters<typeof openClient>): Promise<Opened> {
  const opened = await openClient(endpoint, ...rest);
  watchSilence(opened.stream, () => opened.client.destroy());
  return opened;
}

function endpointOf(host: Host, settings: SshSettings): Endpoint {
  return {
    name: host.name,
    address: settings.hostName ?? host.address ?? host.name,
    port: host.port ?? settings.port ?? 22,
    user: host.user ?? settings.user ?? userInfo().username,
    identityFiles: host.identityFile === undefined ? settings.identityFiles : [host.identityFile],
    hostKey: host.hostKey,
    timeoutMs: host.connectTimeoutMs,
  };
}

function jumpEndpoint(hop: string, host: Host, config: string, home: string): Endpoint {
  const {user, host: alias, port} = parseHop(hop);
  const settings = sshSettings(config, alias, home);
  return {
    name: `${alias} (on the way to ${host.name})`,
    address: settings.hostName ?? alias,
    port: port ?? settings.port ?? 22,
    user: user ?? settings.user ?? userInfo().username,
    // The key that is meant for the host opens its gate too, where nothing else is told.
    identityFiles:
      settings.identityFiles.length === 0 && host.identityFile !== undefined
        ? [host.identityFile]
        : settings.identityFiles,
    jump: true,
    timeoutMs: host.connectTimeoutMs,
  };
}

async function openClient(
  endpoint: Endpoint,
  through: Opened | undefined,
  deadline: number,
  options: SshOptions,
  home: string,
): Promise<Opened> {
  const trust = await trustOf(endpoint, home);
  const identities = await identitiesFor(endpoint.name, endpoint.identityFiles, {
    agent: options.env.SSH_AUTH_SOCK,
    sshFolder: sshFolder(home),
    askPassphrase: options.askPassphrase,
  });
  const sock = async () => (through ? forward(through, endpoint, deadline) : undefined);
  let refused: Buffer | undefined;
  for (const algorithms of attempts(trust)) {
    const {signal} = options;
    const end = await letIn(endpoint, {algorithms, trust, identities, deadline, signal}, sock);
    if ('client' in end) return end;
    refused = end.refused ?? refused;
  }
  if (refused) throw hostKeyRefused(endpoint, trust, refused);
  throw unreachable(endpoint, 'it offers no host key of a type that is known');
}

async function trustOf(endpoint: Endpoint, home: string): Promise<HostKeyTrust> {
  if (endpoint.hostKey !== undefined) return {kind: 'pinned', fingerprint: endpoint.hostKey};
  const files = [join(sshFolder(home), 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
  const known = await Promise.all(files.map(async file => parseKnownHosts(await textOf(file), file)));
  return {kind: 'known', keys: knownKeys(known.flat(), endpoint.address, endpoint.port)};
}

function forward({client}: Opened, endpoint: Endpoint, deadline: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(unreachable(endpoint, 'the jump host gets no answer from it')),
      Math.max(1, deadline - Date.now()),
    );
    client.forwardOut('127.0.0.1', 0, endpoint.address, endpoint.port, (error, channel) => {
      clearTimeout(timer);
      if (error) reject(unreachable(endpoint, `the jump host cannot reach it: ${error.message}`, error));
      else resolve(channel);
    });
  });
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
