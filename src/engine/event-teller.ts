import type {Connection} from './hosts/index.ts';
import {script} from './hosts/index.ts';
import type {ContainerEvent} from './runtime/container-events.ts';
import type {ContainerId, ContainerSpec} from './runtime/container-spec.ts';
import {exitReason} from './runtime/exit-reason.ts';
import type {ObservedContainer} from './runtime/observed.ts';
import {parseManifest} from './runtime/parse-containers.ts';
import {manifestPath} from './runtime/paths.ts';
import type {Session} from './session.ts';

/** What happened to a replica, of whatever run or by itself. */
export interface ReplicaEvent {
  /** RFC 3339, by the clock of its host. */
  readonly at: string;
  readonly host: string;
  readonly service: string;
  readonly replica: number;
  readonly container: ContainerId;
  /** restarted: started again after it ended, by containerd. */
  readonly what: ContainerEvent['what'] | 'restarted';
  readonly code?: number;
  /** Of one that ended: `exit 127: command not found`. */
  readonly reason?: string;
}

/** Two tellings of one event are at most so far apart: one by containerd, one on record in whole seconds. Milliseconds. */
const sameMs = 2500;
/** A process that was killed for memory is told just before its container's end. Milliseconds. */
const oomMs = 5000;

const keyOf = ({id, what}: ContainerEvent): string => `${id} ${what}`;

type Known = Pick<ContainerSpec, 'service' | 'replica' | 'resources'>;

/** Knows whose the containers of one host are, and tells their events once, in words. */
export class EventTeller {
  readonly #session: Session;
  readonly #connection: Connection;
  /** Undefined for those of other environments. */
  readonly #known = new Map<ContainerId, Known | undefined>();
  readonly #ended = new Set<ContainerId>();
  readonly #oom = new Map<ContainerId, number>();
  readonly #last = new Map<string, {readonly time: number; readonly recorded: boolean}>();

  constructor(session: Session, connection: Connection, containers: readonly ObservedContainer[]) {
    this.#session = session;
    this.#connection = connection;
    for (const {id, manifest, task} of containers) {
      if (manifest) this.#known.set(id, this.#own(manifest.spec) ? manifest.spec : undefined);
      if (task === 'stopped') this.#ended.add(id);
    }
  }

  /** An event that came from containerd; nothing when it was just read from the record. */
  async live(event: ContainerEvent): Promise<readonly ReplicaEvent[]> {
    const last = this.#last.get(keyOf(event));
    if (last?.recorded && Math.abs(Date.parse(event.at) - last.time) <= sameMs) return [];
    return this.#tell(event, false);
  }

  /** An event that the host has on record; nothing when it was told before. */
  async recorded(event: ContainerEvent): Promise<readonly ReplicaEvent[]> {
    const last = this.#last.get(keyOf(event));
    return last && Date.parse(event.at) <= last.time + sameMs ? [] : this.#tell(event, true);
  }

  async #tell(event: ContainerEvent, recorded: boolean): Promise<readonly ReplicaEvent[]> {
    const {id, at, what, code} = event;
    const time = Date.parse(at);
    const whose = await this.#whose(id);
    this.#last.set(keyOf(event), {time, recorded});
    if (what === 'out-of-memory') this.#oom.set(id, time);
    const restarted = what === 'started' && this.#ended.delete(id);
    if (what === 'exited') this.#ended.add(id);
    if (what === 'removed') this.#known.delete(id);
    if (!whose) return [];
    const {service, replica, resources} = whose;
    const told = {at, host: this.#connection.host, service, replica, container: id};
    if (what !== 'exited') return [{...told, what: restarted ? 'restarted' : what}];
    const near = time - (this.#oom.get(id) ?? Number.NEGATIVE_INFINITY) <= oomMs;
    const oomKills = event.oomKills ?? (near ? 1 : 0);
    return [{...told, what, ...(code !== undefined && {code}), reason: exitReason({code, oomKills}, resources.memory)}];
  }

  /** Of a container that is new, its manifest is asked for; one without is nobody's. */
  async #whose(id: ContainerId): Promise<Known | undefined> {
    if (this.#known.has(id)) return this.#known.get(id);
    const {stdout} = await this.#connection.run(script('cat "$1" 2>/dev/null || :', manifestPath(id)));
    const manifest = parseManifest(id, stdout);
    if (!manifest) return undefined;
    const whose = this.#own(manifest.spec) ? manifest.spec : undefined;
    this.#known.set(id, whose);
    return whose;
  }

  #own({project, environment}: Pick<ContainerSpec, 'project' | 'environment'>): boolean {
    return project === this.#session.project.name && environment === this.#session.environment;
  }
}
