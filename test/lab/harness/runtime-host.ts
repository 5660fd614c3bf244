import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {type Connection, connect} from '../../../src/engine/hosts/index.ts';
import {labHosts} from '../../../src/engine/lab/index.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import {createContainer} from '../../../src/engine/runtime/containers/create-container.ts';
import {runScript} from '../../../src/engine/runtime/containers/host-script.ts';
import {keepContainer} from '../../../src/engine/runtime/containers/keep-container.ts';
import {removeContainer} from '../../../src/engine/runtime/containers/remove-container.ts';
import {startContainer} from '../../../src/engine/runtime/containers/start-container.ts';
import {stopContainer} from '../../../src/engine/runtime/containers/stop-container.ts';
import {manifestOf} from '../../../src/engine/runtime/containers/write-manifest.ts';
import type {FencedHost} from '../../../src/engine/runtime/fenced-host.ts';
import {openImage, sendImage} from '../../../src/engine/runtime/images/index.ts';
import type {NamedPeer} from '../../../src/engine/runtime/names.ts';
import {observe} from '../../../src/engine/runtime/observe.ts';
import type {ObservedContainer} from '../../../src/engine/runtime/observed.ts';
import {installToolkit} from '../../../src/engine/runtime/toolkit/index.ts';
import {sampleSpec} from '../../engine/runtime/sample-spec.ts';
import {busyboxArchive} from './busybox-archive.ts';
import {fencedHost} from './fenced.ts';
import {inContainer} from './in-container.ts';
import type {LabFixture} from './lab-fixture.ts';

export type Wish = Partial<ContainerSpec> & {
  /** Number of the environment: each has a bridge and a /24 of its own. Default 1. */
  readonly net?: number;
  readonly secretEnv?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly peers?: readonly NamedPeer[];
};

const hostOf = (lab: LabFixture, name: string) => {
  const found = labHosts(lab.lab).find(host => host.name === name);
  if (!found) throw new Error(`the lab has no host ${name}`);
  return found;
};

const image = {source: 'archive:test.tar', name: 'niyanta.local/test:1', digest: ''};

/** A lab host driven by the runtime room alone, without plans. */
export class RuntimeHost {
  readonly name: string;
  readonly version: string;
  connection: Connection;
  changing: FencedHost;
  readonly #lab: LabFixture;
  readonly #digest: string;
  #address = 10;

  private constructor(lab: LabFixture, name: string, changing: FencedHost, version: string, digest: string) {
    this.#lab = lab;
    this.name = name;
    this.connection = changing.reading;
    this.changing = changing;
    this.version = version;
    this.#digest = digest;
  }

  /** A prepared host of the lab with niyanta's scripts and an image. */
  static async ready(lab: LabFixture, name: string): Promise<RuntimeHost> {
    const connection = await connect(hostOf(lab, name));
    const {facts} = await observe(connection, {drained: false});
    await installToolkit(connection);
    const file = join(lab.scratch, `${name}.tar`);
    await writeFile(
      file,
      await busyboxArchive({command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done']}),
    );
    const opened = await openImage(file);
    const changing = await fencedHost(connection);
    await sendImage(changing, opened, image.name);
    return new RuntimeHost(lab, name, changing, facts.containerd?.version ?? '', opened.digest);
  }

  /** A container with a name and an address of its own; `wish` says what is special about it. */
  spec(service: string, wish: Wish = {}): ContainerSpec {
    const {net = 1, secretEnv: _env, entrypoint: _entrypoint, peers: _peers, ...rest} = wish;
    const replica = rest.replica ?? 1;
    return sampleSpec({
      id: `t-e${net}-${service}-${replica}-abcdef`,
      project: 'test',
      stack: 't',
      environment: `e${net}`,
      service,
      replica,
      host: this.name,
      image: {...image, digest: this.#digest},
      stop: {signal: 'SIGTERM', graceMs: 1000},
      network: {
        bridge: `ny0000000${net}`,
        subnet: `10.214.${net}.0/24`,
        gateway: `10.214.${net}.1`,
        address: `10.214.${net}.${++this.#address}`,
      },
      ...rest,
    });
  }

  /** Creates and starts it. */
  async create(service: string, wish: Wish = {}): Promise<ContainerSpec> {
    const spec = this.spec(service, wish);
    await this.createSpec(spec, wish);
    return spec;
  }

  async createSpec(spec: ContainerSpec, wish: Wish = {}): Promise<void> {
    const script = createContainer({
      manifest: manifestOf(spec, {serial: 1, createdAt: '2026-01-02T03:04:05.000Z'}),
      env: {...spec.env, ...wish.secretEnv},
      peers: wish.peers ?? [{...spec, address: spec.network.address}],
      containerd: this.version,
      entrypoint: wish.entrypoint ?? [],
    });
    await runScript(this.changing, script, {timeoutMs: 60_000});
    await runScript(this.changing, keepContainer(spec));
  }

  stop = (spec: ContainerSpec): Promise<string> =>
    runScript(this.changing, stopContainer(spec.id, spec.stop), {timeoutMs: 60_000});
  start = (spec: ContainerSpec): Promise<string> => runScript(this.changing, startContainer(spec), {timeoutMs: 60_000});
  remove = (id: string): Promise<string> => runScript(this.changing, removeContainer(id), {timeoutMs: 60_000});

  /** Everything of niyanta that is on the host goes. */
  async clear(): Promise<void> {
    for (const {id} of await this.observed()) await this.remove(id);
  }

  async observed(): Promise<readonly ObservedContainer[]> {
    return (await observe(this.connection, {drained: false})).containers;
  }

  async see(id: string): Promise<ObservedContainer> {
    const found = (await this.observed()).find(container => container.id === id);
    if (!found) throw new Error(`${this.name} has no container ${id}`);
    return found;
  }

  /** After the host was away. */
  async reconnect(): Promise<void> {
    await this.connection.close();
    this.connection = await connect(hostOf(this.#lab, this.name));
    this.changing = await fencedHost(this.connection);
  }

  sh = (text: string): Promise<string> => this.#lab.sh(this.name, text).then(said => said.trimEnd());

  /** What a command in the container prints; its exit code behind it when that is not 0. */
  async inside(id: string, ...command: readonly string[]): Promise<string> {
    const ran = await this.#lab.exec(this.name, ['sh', '-c', inContainer(id, ...command)]);
    return `${ran.stdout}${ran.stderr}`.trimEnd() + (ran.code === 0 ? '' : `\nexit ${ran.code}`);
  }

  /** What it printed: `stdout F text`, without times. */
  async log(id: string): Promise<string[]> {
    const text = await this.sh(`cat /var/lib/niyanta/logs/${id}.log`);
    return text.split('\n').map(line => line.replace(/^\S+ /, ''));
  }
}
