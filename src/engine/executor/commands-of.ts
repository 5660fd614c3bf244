import {argv, type Command, render} from '../hosts/command.ts';
import {answersToName, isOfScope} from '../planner/ownership.ts';
import type {BackupOperation, ContainerOperation, Operation, Plan, ProxyOperation} from '../planner/plan.ts';
import {dumpDatabase} from '../runtime/backup/postgres.ts';
import {readVolume} from '../runtime/backup/volume-scripts.ts';
import {connectNetwork, disconnectNetwork} from '../runtime/connect-network.ts';
import type {Manifest} from '../runtime/container-spec.ts';
import {createContainer} from '../runtime/containers/create-container.ts';
import type {HostScript} from '../runtime/containers/host-script.ts';
import {keepContainer} from '../runtime/containers/keep-container.ts';
import {removeContainer} from '../runtime/containers/remove-container.ts';
import {repairContainer} from '../runtime/containers/repair-container.ts';
import {startContainer} from '../runtime/containers/start-container.ts';
import {stopContainer} from '../runtime/containers/stop-container.ts';
import {manifestOf, writeManifest} from '../runtime/containers/write-manifest.ts';
import {digestName, importImage, parseReference} from '../runtime/images/index.ts';
import {pullPrivate, pullPublic} from '../runtime/images/pull-commands.ts';
import {sweep} from '../runtime/leftovers/sweep-script.ts';
import {hostsFile, writeHostsFiles} from '../runtime/names.ts';
import type {ObservedHost} from '../runtime/observed.ts';
import type {ProxyRoutes} from '../runtime/proxy/proxy-routes.ts';
import {basisOf, proxyFilesText} from '../runtime/proxy/read-proxy.ts';
import {toolkitScript} from '../runtime/toolkit/index.ts';
import {createVolume, deleteVolume} from '../runtime/volumes.ts';
import type {Registry} from '../spec/project.ts';
import {peer} from './peer.ts';
import {type ProxyChange, proxyChange, routesChange} from './proxy-changes.ts';
import {operationTitle} from './titles.ts';

/** What one operation runs on one host. */
export interface HostCommands {
  readonly host: string;
  readonly operation: string;
  readonly commands: readonly string[];
}

/**
 * The exact commands of a plan, by host, in its order. Secrets stand as `${secret:NAME}`; what only applying finds out
 * (the time of creation, who else is known by name) is as it is now.
 */
export function commandsOf(plan: Plan, {observed, entrypoints, registries, now}: Known): readonly HostCommands[] {
  const serial = plan.serial + 2;
  const when = {serial, createdAt: now.toISOString(), entrypoints, registries};
  return plan.operations.flatMap(operation =>
    commandsByHost(operation, plan, observed, when).map(({host, commands}) => ({
      host,
      operation: operationTitle(operation),
      commands,
    })),
  );
}

/** What is known before anything runs. */
export interface Known {
  readonly observed: readonly ObservedHost[];
  /** Of images on this machine, by `PinnedImage.source`; of others only a host knows. */
  readonly entrypoints: ReadonlyMap<string, readonly string[]>;
  /** As in niyanta.yaml: which are reached over plain http, and which with a password. */
  readonly registries: Readonly<Record<string, Registry>>;
  readonly now: Date;
}

interface When extends Pick<Known, 'entrypoints' | 'registries'> {
  readonly serial: number;
  readonly createdAt: string;
}

type OnHost = Pick<HostCommands, 'host' | 'commands'>;

function commandsByHost(
  operation: Operation,
  plan: Plan,
  observed: readonly ObservedHost[],
  when: When,
): readonly OnHost[] {
  const {host} = operation;
  const one = (...commands: (Command | HostScript)[]): OnHost[] => [{host, commands: commands.map(textOf)}];
  switch (operation.kind) {
    case 'host':
      return one({what: '', text: toolkitScript});
    case 'image':
      if (operation.source.kind !== 'reference') return one(importImage);
      return one(pullOf(operation.source.reference, operation.pinned?.digest, when.registries));
    case 'volume':
      return one(operation.action === 'delete' ? deleteVolume(operation.path) : createVolume(operation.path));
    case 'backup':
      return one(backupCommand(operation));
    case 'network':
      return one(operation.network ? connectNetwork(operation.network) : disconnectNetwork(operation.bridge));
    case 'repair':
      return one(repairContainer(operation.spec, operation.aspects));
    case 'sweep':
      return one(sweep(operation.leftovers));
    case 'names':
      return one(writeHostsFiles(hostsFilesOf(plan, host, observed)));
    case 'switch':
      return operation.promote === 'manual' ? [] : retirement(operation.from, observed);
    case 'hook': {
      const {host: on, spec} = operation;
      return [
        ...creation(
          {...operation, kind: 'container', how: 'create', previous: [], order: 'stop-first'},
          observed,
          when,
        ),
        {host: on, commands: [textOf(removeContainer(spec.id))]},
      ];
    }
    case 'proxy':
      return one(...proxyScripts(proxyChange(operation.proxy), plan, host, observed));
    case 'route':
      return one(
        ...proxyScripts(routesChange(host, operation.routes, asWritten(operation.routes)), plan, host, observed),
      );
    case 'container':
      return containerCommands(operation, observed, when);
  }
}

/** What prints the data; compressing and encrypting it is done here. */
function backupCommand({path, backup: {before}}: BackupOperation): Command {
  if (before.kind === 'pg_dump') return argv(...dumpDatabase(before));
  return before.kind === 'stream' ? argv(...before.dump) : readVolume(path, []);
}

/** Of the proxy's files as they are, or will be when the plan has made it. */
function proxyScripts(
  change: ProxyChange,
  plan: Plan,
  on: string,
  observed: readonly ObservedHost[],
): readonly HostScript[] {
  const seen = observed.find(({host}) => host === on);
  const found = seen?.reachable ? seen.proxy : undefined;
  const made = plan.operations.find(({kind, host}) => kind === 'proxy' && host === on) as ProxyOperation | undefined;
  const files = {proxy: found?.spec ?? made?.proxy, slices: found?.slices ?? []};
  return [change(files, basisOf(proxyFilesText(files))) ?? []].flat();
}

/** Secrets by name. */
const asWritten = ({secrets}: ProxyRoutes): ReadonlyMap<string, string> =>
  new Map(Object.keys(secrets ?? {}).map(name => [name, `\${secret:${name}}`]));

/** By digest, as apply pulls it; the words of a private pull hold no password: that goes over standard input. */
function pullOf(reference: string, digest: string | undefined, registries: Known['registries']): Command {
  const image = parseReference(reference);
  const name = digest === undefined ? image.full : digestName(reference, digest);
  const registry = registries[image.registry];
  return registry?.username === undefined
    ? pullPublic(name, registry?.http ?? false)
    : pullPrivate(image.registry, name);
}

/** Who knows whom by name on a host where nothing comes or goes. */
function hostsFilesOf(plan: Plan, on: string, observed: readonly ObservedHost[]): ReadonlyMap<string, string> {
  const seen = observed.find(({host}) => host === on);
  const peers = (seen?.reachable ? seen.containers : []).flatMap(container =>
    container.manifest && isOfScope(container.manifest, plan) && answersToName(container)
      ? [peer(container.manifest.spec)]
      : [],
  );
  return new Map(peers.map(self => [self.id, hostsFile(self, peers)]));
}

function containerCommands(operation: ContainerOperation, observed: readonly ObservedHost[], when: When): OnHost[] {
  const created = creation(operation, observed, when);
  const retired = operation.how === 'start' || operation.how === 'manifest' ? [] : operation.previous;
  const stops = retired.map(({host, id}) => ({
    host,
    commands: [textOf(stopContainer(id, stopOf(observed, host, id)))],
  }));
  const removals = retired.map(({host, id}) => ({host, commands: [textOf(removeContainer(id))]}));
  return operation.order === 'stop-first' ? [...stops, ...created, ...removals] : [...created, ...stops, ...removals];
}

/** What was replaced is stopped, and removed when all else is done. */
function retirement(
  from: readonly {readonly host: string; readonly id: string}[],
  observed: readonly ObservedHost[],
): OnHost[] {
  return from.map(({host, id}) => ({
    host,
    commands: [textOf(stopContainer(id, stopOf(observed, host, id))), textOf(removeContainer(id))],
  }));
}

function creation({spec, how}: ContainerOperation, observed: readonly ObservedHost[], when: When): OnHost[] {
  if (!spec) return [];
  const {host} = spec;
  if (how === 'start') return [{host, commands: [textOf(startContainer(spec))]}];
  const manifest = manifestOf(spec, when);
  if (how === 'manifest')
    return [{host, commands: [textOf(writeManifest(manifest, manifestOn(observed, host, spec.id)?.spec))]}];
  const seen = observed.find(candidate => candidate.host === host);
  const containerd = (seen?.reachable && seen.facts.containerd?.version) || '0';
  return [
    {
      host,
      commands: [
        textOf(
          createContainer({
            manifest,
            env: spec.env,
            secretFiles: new Map((spec.secretFiles ?? []).map(({name}) => [name, `\${secret:${name}}`])),
            peers: [peer(spec)],
            containerd,
            entrypoint: when.entrypoints.get(spec.image.source) ?? [],
          }),
        ),
        ...(spec.restart === 'never' ? [] : [textOf(keepContainer(spec))]),
      ],
    },
  ];
}

function stopOf(observed: readonly ObservedHost[], host: string, id: string): {signal: string; graceMs: number} {
  return manifestOn(observed, host, id)?.spec.stop ?? {signal: 'SIGTERM', graceMs: 10_000};
}

function manifestOn(observed: readonly ObservedHost[], host: string, id: string): Manifest | undefined {
  const seen = observed.find(candidate => candidate.host === host);
  return seen?.reachable ? seen.containers.find(candidate => candidate.id === id)?.manifest : undefined;
}

const textOf = (command: Command | HostScript): string =>
  ('text' in command && 'what' in command ? command.text : render(command as Command)).trimEnd();
