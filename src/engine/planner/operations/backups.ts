import type {ContainerSpec} from '../../runtime/container-spec.ts';
import type {VolumeBackup} from '../../spec/backup.ts';
import type {HostName, Service} from '../../spec/stack.ts';
import {scopeOf} from '../ownership.ts';
import type {PlanInput} from '../plan-input.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {hostId} from './preparations.ts';

/** Backs volumes up before their service is replaced by another version of its image, or whenever it says so. */
export function addBackups(graph: OperationGraph, input: PlanInput, steps: readonly ReplicaSteps[]): void {
  for (const {main, sorted} of steps) {
    const service = input.stack.services.find(({name}) => name === sorted.replica.service);
    const old = sorted.replica.current?.manifest?.spec;
    if (!service || !old || !main?.spec || sorted.bucket !== 'replace') continue;
    const reason = whyBackUp(service, old, main.spec);
    if (reason === undefined) continue;
    for (const {volume, source} of old.volumes) {
      const backup = input.stack.volumes.find(({name}) => name === volume)?.backup;
      if (!backup) continue;
      const id = addBackup(graph, {
        host: old.host,
        volume,
        path: source,
        backup,
        reason,
        service: service.name,
        why: 'before-change',
      });
      for (const other of graph.ids()) {
        const operation = graph.get(other)!;
        if (operation.kind === 'container' && operation.service === service.name) graph.wait(other, id);
      }
    }
  }
}

interface Wanted {
  readonly host: HostName;
  readonly volume: string;
  readonly path: string;
  readonly backup: VolumeBackup;
  readonly reason: string;
  readonly service?: string;
  readonly why: 'before-change' | 'before-destroy';
}

/** Adds the backup of a volume on a host, once. */
export function addBackup(graph: OperationGraph, {host, ...wanted}: Wanted): string {
  const id = `backup:${host}:${wanted.volume}`;
  if (graph.get(id)) return id;
  graph.add({id, kind: 'backup', action: 'create', host, changes: [], ...wanted});
  graph.wait(id, hostId(host));
  return id;
}

/** Backups before data is deleted, which happens after them; as the stack that was applied last says. */
export function addBackupsBeforeDestroy(
  graph: OperationGraph,
  input: Pick<PlanInput, 'stack' | 'project' | 'environment' | 'naming'>,
  volumes: readonly {readonly host: HostName; readonly volume: string}[],
): readonly string[] {
  const later = graph.ids();
  return volumes.flatMap(({host, volume}) => {
    const backup = input.stack.volumes.find(({name}) => name === volume)?.backup;
    if (!backup) return [];
    const path = input.naming.volumePath(scopeOf(input), volume);
    const id = addBackup(graph, {
      host,
      volume,
      path,
      backup,
      reason: 'its data is deleted afterwards',
      why: 'before-destroy',
    });
    for (const other of later) {
      const {kind} = graph.get(other)!;
      if (kind === 'container' || kind === 'network' || (kind === 'volume' && other === `volume:${host}:${volume}`))
        graph.wait(other, id);
    }
    return [id];
  });
}

function whyBackUp({update}: Pick<Service, 'update'>, old: ContainerSpec, now: ContainerSpec): string | undefined {
  if (update.backup === 'never') return undefined;
  if (update.backup === 'before') return 'update.backup is before';
  return anotherVersion(old.image, now.image) ? 'another version of the image is going to read its data' : undefined;
}

type Image = Pick<ContainerSpec['image'], 'source' | 'digest'>;

/** Whether another major version may come: by the tags, where they have numbers; else by any difference of the name. */
export function anotherVersion(old: Image, now: Image): boolean {
  const [before, after] = [major(old.source), major(now.source)];
  if (old.source === now.source)
    return /^(archive|build):/.test(now.source) || before !== undefined ? false : old.digest !== now.digest;
  return before === undefined || after === undefined || before !== after;
}

/** `docker.io/library/postgres:15.3` → `docker.io/library/postgres 15`; undefined where no number says it. */
function major(source: string): string | undefined {
  const [, name, number] = /^([^@]+?):v?(\d+)[^/:@]*(?:@.*)?$/.exec(source) ?? [];
  return number === undefined || /^(archive|build):/.test(source) ? undefined : `${name} ${number}`;
}
