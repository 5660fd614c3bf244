import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../hosts/connection.ts';
import {connectNetwork, disconnectNetwork} from '../runtime/connect-network.ts';
import type {ContainerSpec, Manifest} from '../runtime/container-spec.ts';
import {createContainer} from '../runtime/containers/create-container.ts';
import {type HostScript, runScript} from '../runtime/containers/host-script.ts';
import {keepContainer} from '../runtime/containers/keep-container.ts';
import {removeContainer} from '../runtime/containers/remove-container.ts';
import {repairContainer} from '../runtime/containers/repair-container.ts';
import {startContainer} from '../runtime/containers/start-container.ts';
import {stopContainer} from '../runtime/containers/stop-container.ts';
import {manifestOf, writeManifest} from '../runtime/containers/write-manifest.ts';
import {imageEntrypoint} from '../runtime/images/index.ts';
import {sweep} from '../runtime/leftovers/sweep-script.ts';
import {parseLogLine, readLog} from '../runtime/logs.ts';
import {hostsFile, writeHostsFiles} from '../runtime/names.ts';
import type {ObservedHost} from '../runtime/observed.ts';
import {toolkitInstallation} from '../runtime/toolkit/index.ts';
import {createVolume, deleteEmptyVolume, deleteVolume} from '../runtime/volumes.ts';
import {Bug} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import {mask, resolveSecrets} from '../state/secret-references.ts';
import {type SecretValue, secretBytes} from '../state/secret-value.ts';
import type {Actions, Peer} from './actions.ts';
import {bringImage, type ImageSources} from './bring-image.ts';
import type {FanOut} from './fan-out.ts';
import {peer} from './peer.ts';
import {proxyActions} from './proxy-host-actions.ts';
import {TaskWatch} from './task-watch.ts';
import {waitEnded} from './wait-ended.ts';
import {waitHealthy} from './wait-healthy.ts';

export interface HostActionsOptions extends Omit<ImageSources, 'fanOuts'> {
  /** Values of the secrets that the environments refer to. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
  /** For manifests: the serial that the state will have. */
  readonly serial: number;
  /** How many scripts that start or stop something run at once on a host. */
  readonly limitPerHost: number;
  readonly now: () => Date;
  /** What moves whole volumes; only where a plan may ask for it. */
  readonly volumes?: VolumeActions;
}

/** Done by the use cases, which know where backups go. */
export interface VolumeActions {
  readonly backUp: Actions['backUpVolume'];
  readonly copy: Actions['copyVolume'];
}

const noVolumes: VolumeActions = {
  backUp: () => Promise.reject(new Bug('no volume is backed up here')),
  copy: () => Promise.reject(new Bug('no volume is copied here')),
};

/** Lines of a failed container's log that are shown. */
const lastLines = 15;
/** Starting is quick; what takes longer is stuck. */
const startTimeoutMs = 120_000;

/** Does operations on real hosts, over their connections. */
export function hostActions(options: HostActionsOptions): Actions {
  const {connection, changing, volumes = noVolumes} = options;
  const hosts = new Map<HostName, PerHost>();
  const on = (host: HostName): PerHost => {
    const known = hosts.get(host) ?? perHost(connection(host), options);
    hosts.set(host, known);
    return known;
  };
  const manifests = observedManifests(options.observed);
  const manifestFor = (spec: ContainerSpec): Manifest =>
    manifestOf(spec, {serial: options.serial, createdAt: options.now().toISOString()});
  const act = async (host: HostName, script: HostScript, longerMs = 0): Promise<void> => {
    const timeoutMs = startTimeoutMs + longerMs;
    await runScript(changing(host), script, {limit: options.limitPerHost, timeoutMs});
  };
  const fanOuts = new Map<string, FanOut>();
  const made = new Set<string>();
  /** Containers that containerd is being told to keep running. */
  const kept = new Map<string, Promise<void>>();
  const lastLogLines = async (host: HostName, id: string, count = lastLines): Promise<readonly string[]> => {
    // The logger may be a moment behind the program that has just ended.
    for (let look = 1; ; look += 1) {
      const {stdout} = await connection(host).run(readLog(id, {tail: count}));
      const logged = stdout.split('\n').flatMap(line => parseLogLine(line) ?? []);
      // What a program prints when it fails is often its configuration.
      if (logged.length > 0 || look === 5) return logged.map(({text}) => mask(text, options.secrets.values()));
      await sleep(200);
    }
  };
  const keptBy = (host: HostName, id: string) => kept.get(`${host}/${id}`);

  return {
    ...proxyActions(options),
    installToolkit: host => runScript(changing(host), toolkitInstallation).then(() => undefined),
    bringImage: (operation, context) => bringImage(operation, {...options, fanOuts}, context),
    createVolume: ({host, path}) => runScript(changing(host), createVolume(path)).then(() => undefined),
    copyVolume: (operation, context) => volumes.copy(operation, context),
    backUpVolume: (operation, context) => volumes.backUp(operation, context),
    deleteEmptyVolume: (host, path) => runScript(changing(host), deleteEmptyVolume(path)).then(() => undefined),
    deleteVolume: ({host, path}) => runScript(changing(host), deleteVolume(path)).then(() => undefined),
    async createContainer(spec, peers) {
      const manifest = manifestFor(spec);
      manifests.set(`${spec.host}/${spec.id}`, manifest);
      const script = createContainer({
        manifest,
        env: withSecrets(spec, options.secrets),
        secretFiles: secretContents(spec, options.secrets),
        peers: withSelf(peer(spec), peers),
        containerd: on(spec.host).containerd,
        entrypoint:
          spec.command === undefined || spec.entrypoint ? [] : await on(spec.host).entrypoint(spec.image.digest),
      });
      await act(spec.host, script);
      made.add(`${spec.host}/${spec.id}`);
      // Its turn comes behind what is still to be started: a container that has begun is better than a label.
      if (spec.restart === 'never') return;
      const keeping = act(spec.host, keepContainer(spec));
      keeping.catch(() => undefined);
      kept.set(`${spec.host}/${spec.id}`, keeping);
    },
    async waitHealthy(spec, context) {
      await waitHealthy({
        connection: connection(spec.host),
        tasks: on(spec.host).tasks,
        spec,
        made: made.has(`${spec.host}/${spec.id}`),
        context,
        now: () => options.now().getTime(),
      });
      await keptBy(spec.host, spec.id);
    },
    async stopContainer(host, id) {
      const stop = manifests.get(`${host}/${id}`)?.spec.stop ?? {signal: 'SIGTERM', graceMs: 10_000};
      await keptBy(host, id)?.catch(() => undefined);
      await act(host, stopContainer(id, stop), stop.graceMs);
    },
    async startContainer(host, id) {
      const {restart = 'always', logs} = manifests.get(`${host}/${id}`)?.spec ?? {};
      await act(host, startContainer({id, restart, logs}));
    },
    async removeContainer(host, id) {
      await keptBy(host, id)?.catch(() => undefined);
      await act(host, removeContainer(id));
    },
    async writeManifest(spec) {
      const manifest = manifestFor(spec);
      const before = manifests.get(`${spec.host}/${spec.id}`)?.spec;
      manifests.set(`${spec.host}/${spec.id}`, manifest);
      await runScript(changing(spec.host), writeManifest(manifest, before));
    },
    connectNetwork: (host, network) => runScript(changing(host), connectNetwork(network)).then(() => undefined),
    disconnectNetwork: (host, bridge) => runScript(changing(host), disconnectNetwork(bridge)).then(() => undefined),
    async writeNames(host, selves, peers) {
      const files = new Map(selves.map(self => [self.id, hostsFile(self, withSelf(self, peers))]));
      if (files.size > 0) await runScript(changing(host), writeHostsFiles(files));
    },
    async repairContainer(spec, aspects) {
      await act(spec.host, repairContainer(spec, aspects));
    },
    sweep: (host, leftovers) => runScript(changing(host), sweep(leftovers)).then(() => undefined),
    waitEnded(spec, timeoutMs, context) {
      const lastLine = async () => (await lastLogLines(spec.host, spec.id, 1)).at(-1);
      const now = () => options.now().getTime();
      return waitEnded({
        connection: connection(spec.host),
        tasks: on(spec.host).tasks,
        spec,
        timeoutMs,
        now,
        context,
        lastLine,
      });
    },
    lastLogLines,
  };
}

interface PerHost {
  readonly tasks: TaskWatch;
  readonly containerd: string;
  /** Of an image by digest; read once. */
  readonly entrypoint: (digest: string) => Promise<readonly string[]>;
}

function perHost(connection: Connection, {observed, now}: HostActionsOptions): PerHost {
  const host = observed.find(candidate => candidate.host === connection.host);
  const entrypoints = new Map<string, Promise<readonly string[]>>();
  const architecture = host?.reachable ? host.facts.architecture : 'amd64';
  return {
    entrypoint(digest) {
      const known = entrypoints.get(digest) ?? imageEntrypoint(connection, digest, architecture);
      entrypoints.set(digest, known);
      return known;
    },
    tasks: new TaskWatch(connection, () => now().getTime()),
    containerd: (host?.reachable && host.facts.containerd?.version) || '0',
  };
}

const observedManifests = (observed: readonly ObservedHost[]): Map<string, Manifest> =>
  new Map(
    observed.flatMap(host =>
      host.reachable
        ? host.containers.flatMap(({id, manifest}) => (manifest ? [[`${host.host}/${id}`, manifest] as const] : []))
        : [],
    ),
  );

/** A container knows itself, whoever else knows it. */
const withSelf = (self: Peer, peers: readonly Peer[]): readonly Peer[] =>
  peers.some(({id}) => id === self.id) ? peers : [...peers, self];

const withSecrets = ({env}: ContainerSpec, secrets: ReadonlyMap<string, SecretValue>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, text]) => [name, resolveSecrets(text, secrets)]));

function secretContents({secretFiles = []}: ContainerSpec, secrets: ReadonlyMap<string, SecretValue>) {
  return new Map(
    secretFiles.map(({name}) => {
      const value = secrets.get(name);
      if (value === undefined) throw new RangeError(`no value was looked up for the secret "${name}"`);
      return [name, Buffer.from(secretBytes(value)).toString('base64')] as const;
    }),
  );
}
