import nodePath from 'node:path';
import {asName} from '../names.ts';
import {addFile} from './file-keys.ts';
import type {Key, ServiceContext} from './service-context.ts';

/** A mount of Compose, short or long, its texts with a character for each variable. */
interface Mount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `volumes` of a service: named ones, the host's own files, and folders beside the Compose file. */
export function volumes(service: ServiceContext, key: Key): void {
  for (const item of service.items(key)) {
    const mount = item.value.kind === 'map' ? longMount(service, item) : shortMount(service, item);
    if (mount === undefined) continue;
    const target = service.written(item, mount.target);
    if (target === undefined) continue;
    if (mount.type === 'volume') volume(service, item, mount, target);
    else if (mount.type === 'bind') bind(service, item, mount, target);
    else if (mount.type === 'tmpfs')
      service.note('lost', item, "niyanta has no tmpfs: the folder is on the container's own disk");
    else service.note('lost', item, `mounts of type ${mount.type} are not to be had on containerd here`);
  }
}

const OPTIONS_IGNORED = new Set([
  'rw',
  'z',
  'Z',
  'cached',
  'delegated',
  'consistent',
  'nocopy',
  'rprivate',
  'rslave',
  'rshared',
]);

function shortMount(service: ServiceContext, item: Key): Mount | undefined {
  const text = service.text(item);
  if (text === undefined) return undefined;
  const parts = text.split(':');
  if (parts.length === 1) return {type: 'volume', target: text, readOnly: false};
  const [source = '', target = '', options = '', ...more] = parts;
  if (more.length > 0 || source === '' || target === '') {
    service.note('lost', item, 'is not of the form source:/target or source:/target:options');
    return undefined;
  }
  const names = options.split(',').filter(name => name !== '');
  const odd = names.filter(name => name !== 'ro' && !OPTIONS_IGNORED.has(name));
  if (odd.length > 0) service.note('lost', item, `the option ${odd.join(', ')} of the mount`);
  const type = isPath(service.all.variables.now(source)) ? 'bind' : 'volume';
  return {type, source, target, readOnly: names.includes('ro')};
}

const isPath = (text: string): boolean => /^[./~]/.test(text) || text.includes('/');

function longMount(service: ServiceContext, item: Key): Mount | undefined {
  const texts: Record<string, string> = {};
  for (const part of service.entries(item)) {
    if (part.value.kind !== 'scalar') service.note('lost', part, 'niyanta has no such setting of a mount');
    else texts[part.name] = service.text(part) ?? '';
  }
  const {type = 'volume', source, target, read_only: readOnly} = texts;
  if (target === undefined) {
    service.note('lost', item, 'has no target');
    return undefined;
  }
  return {type, ...(source !== undefined && {source}), target, readOnly: readOnly === 'true'};
}

const mode = ({readOnly}: Mount): string => (readOnly ? ':ro' : '');

function volume(service: ServiceContext, item: Key, mount: Mount, target: string): void {
  if (mount.source === undefined) {
    const wish = `${service.name}-${asName(nodePath.basename(service.all.variables.now(mount.target)), 'data')}`;
    const name = service.all.addVolume(wish, item.at);
    service.note('changed', item, `a volume without a name became the volume ${name}, which is kept`);
    service.append('volumes', {value: `${name}:${target}${mode(mount)}`, from: item.at});
    return;
  }
  const known = service.all.volumes.get(mount.source);
  const name = known ?? service.all.addVolume(asName(service.fixed(item, mount.source), 'data'), item.at);
  if (known === undefined)
    service.note('changed', item, `the volume ${name}, which the file does not declare, is declared`);
  service.append('volumes', {value: `${name}:${target}${mode(mount)}`, from: item.at});
}

/** Paths of every Linux machine, the same on each: there they are meant. */
const OF_THE_SYSTEM = /^\/(?:etc|proc|sys|dev|run|var\/run|var\/log|usr|lib|boot|cgroup|$)/;

function bind(service: ServiceContext, item: Key, mount: Mount, target: string): void {
  const {variables, kindOf} = service.all;
  const source = variables.now(mount.source ?? '');
  if (/\/(?:docker|podman\/podman)\.sock$/.test(source)) {
    service.note('lost', item, 'there is no Docker behind niyanta: what asks its socket finds nothing');
    return;
  }
  const absolute = source.startsWith('/') || source.startsWith('~');
  if (absolute && !source.startsWith('~')) {
    const written = service.written(item, mount.source!);
    if (written === undefined) return;
    if (!OF_THE_SYSTEM.test(source))
      service.note('changed', item, `${source} must be there on every host that it may run on`);
    service.append('mounts', {value: `${written}:${target}${mode(mount)}`, from: item.at});
    return;
  }
  const there =
    source === '' || source.startsWith('~') ? undefined : kindOf(nodePath.resolve(item.at.source.directory, source));
  if (there === 'file' || (there === undefined && isFileName(source))) {
    const from = service.written(item, service.path(mount.source!, item.at));
    if (from === undefined) return;
    if (there === undefined) service.note('changed', item, `${source} is not there now; plan wants it`);
    if (!mount.readOnly) service.note('changed', item, 'cannot be written in the container');
    addFile(service, target, {from}, item);
    return;
  }
  if (mount.readOnly) {
    service.note(
      'lost',
      item,
      `${source || 'this folder'} holds files of this machine: write files: for each, put them into the image (build:), or on the hosts, and mount them from there`,
    );
    return;
  }
  const folder = nodePath.resolve(item.at.source.directory, source || item.path.join('.'));
  const wish = asName(nodePath.basename(source.replace(/\/+$/, '')), '');
  const name = service.all.folderVolumes.get(folder) ?? service.all.addVolume(ownName(service.name, wish), item.at);
  service.all.folderVolumes.set(folder, name);
  service.note(
    'changed',
    item,
    `${source || 'a folder'} became the volume ${name}; what is in it now does not come along`,
  );
  service.append('volumes', {value: `${name}:${target}`, from: item.at});
}

const ownName = (service: string, wish: string): string =>
  wish === '' ? `${service}-data` : wish === service || wish.startsWith(`${service}-`) ? wish : `${service}-${wish}`;

const isFileName = (source: string): boolean =>
  /(?:\.[A-Za-z][A-Za-z0-9]{0,9}|\/(?:Caddyfile|Corefile|Dockerfile|Makefile))$/.test(source) &&
  !/\.(?:d|data|git)$/.test(source);
