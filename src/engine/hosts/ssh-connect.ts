import {readFile} from 'node:fs/promises';
import {homedir, userInfo} from 'node:os';
import {join} from 'node:path';
import type {Duplex} from 'node:stream';
import type {Client} from 'ssh2';
import type {Host} from '../spec/project.ts';
import {attempts, fingerprintOf, type HostKeyTrust, hostKeyRefused, keyType, trusts} from './host-key.ts';
import {type AskPassphrase, identitiesFor} from './identities.ts';
import {knownKeys, parseKnownHosts} from './known-hosts.ts';
import {attempt, type Endpoint} from './ssh-attempt.ts';
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
}

/** Connects over SSH, through jump hosts where told. Errors: see `ssh-errors.ts`, `host-key.ts`, `identities.ts`. */
export async function sshConnect(host: Host, options: SshOptions): Promise<Transport> {
  const way = await wayTo(host, options);
  try {
    const client = await openClient(way.endpoint, way.through, way.deadline, options, way.home);
    return sshTransport(host.name, client, way.leave);
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
    let offered: OfferedHostKey | undefined;
    for (const algorithms of attempts(expected === undefined ? trust : {kind: 'pinned', fingerprint: expected})) {
      const sock = through ? await forward(through, endpoint, deadline) : undefined;
      const nothing: HostKeyTrust = {kind: 'none'};
      const end = await attempt(endpoint, {
        sock,
        algorithms,
        trust: nothing,
        identities: [],
        deadline,
        signal: options.signal,
      });
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
  const opened: Client[] = [];
  const leave = () => {
    for (const client of opened.splice(0).reverse()) client.end();
  };
  try {
    let through: Client | undefined;
    for (const hop of hops) {
      through = await openClient(jumpEndpoint(hop, host, config, home), through, deadline, options, home);
      opened.push(through);
    }
    return {endpoint: endpointOf(host, settings), through, deadline, home, leave};
  } catch (error) {
    leave();
    throw error;
  }
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
  through: Client | undefined,
  deadline: number,
  options: SshOptions,
  home: string,
): Promise<Client> {
  const trust = await trustOf(endpoint, home);
  const identities = await identitiesFor(endpoint.name, endpoint.identityFiles, {
    agent: options.env.SSH_AUTH_SOCK,
    sshFolder: sshFolder(home),
    askPassphrase: options.askPassphrase,
  });
  let refused: Buffer | undefined;
  for (const algorithms of attempts(trust)) {
    const sock = through ? await forward(through, endpoint, deadline) : undefined;
    const end = await attempt(endpoint, {sock, algorithms, trust, identities, deadline, signal: options.signal});
    if ('client' in end) return end.client;
    refused = end.refused ?? refused;
  }
  if (refused) throw hostKeyRefused(endpoint, trust, refused);
  throw unreachable(endpoint, 'it offers no host key of a type that is known');
}

async function trustOf(endpoint: Endpoint, home: string): Promise<HostKeyTrust> {
  if (endpoint.hostKey !== undefined) return {kind: 'pinned', fingerprint: endpoint.hostKey};
  const texts = await Promise.all([textOf(join(sshFolder(home), 'known_hosts')), textOf('/etc/ssh/ssh_known_hosts')]);
  return {kind: 'known', keys: knownKeys(texts.flatMap(parseKnownHosts), endpoint.address, endpoint.port)};
}

function forward(through: Client, endpoint: Endpoint, deadline: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(unreachable(endpoint, 'the jump host gets no answer from it')),
      Math.max(1, deadline - Date.now()),
    );
    through.forwardOut('127.0.0.1', 0, endpoint.address, endpoint.port, (error, channel) => {
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
