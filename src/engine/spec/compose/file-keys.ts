import nodePath from 'node:path';
import {isSecretName} from '../names.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {type Placed, placed} from './written.ts';

/** A config or secret as a service uses it: by its name, or with where and how it wants it. */
interface Use {
  readonly source: string;
  readonly target?: string;
  readonly mode?: string;
  readonly uid?: string;
  readonly key: Key;
}

function usesOf(service: ServiceContext, key: Key): readonly Use[] {
  return service.items(key).flatMap((item): Use[] => {
    if (item.value.kind === 'scalar') return [{source: item.value.text, key: item}];
    const texts: Record<string, string> = {};
    for (const part of service.entries(item)) texts[part.name] = service.text(part) ?? '';
    const {source, target, mode, uid} = texts;
    return source === undefined ? [] : [{source, target, mode, uid, key: item}];
  });
}

/** Adds a file of the service, by its path in the container. */
export function addFile(service: ServiceContext, target: string, file: Parameters<typeof placed>[0], key: Key): void {
  const before = service.keys.get('files');
  const entries = before?.value instanceof Map ? before.value : new Map<string, Placed>();
  service.set('files', {value: new Map([...entries, [target, placed(file, key.at)]]), from: before?.from ?? key.at});
}

/** `configs` of a service: files of a stack. */
export function configs(service: ServiceContext, key: Key): void {
  for (const {source, target, mode, key: item} of usesOf(service, key)) {
    const declared = service.all.section('configs', source);
    const part = (name: string) => {
      const entry = declared?.kind === 'map' ? declared.entries.get(name) : undefined;
      return entry && {value: entry.value, at: entry.keyAt, path: ['configs', source, name]};
    };
    const [file, content] = [part('file'), part('content')];
    const at = target === undefined ? `/${source}` : nodePath.posix.resolve('/', target);
    const said = file ? service.text(file) : content && service.text(content);
    if (said === undefined) {
      service.note('lost', item, `the config ${source} has neither file nor content here`);
      continue;
    }
    const from = file ? service.written(file, service.path(said, file.at)) : undefined;
    const text = content && !file ? service.written(content, said, {blank: true}) : undefined;
    addFile(service, at, {from, content: text, mode: modeOf(mode)}, item);
  }
}

const modeOf = (mode: string | undefined): string | undefined =>
  mode !== undefined && /^0?[0-7]{3}$/.test(mode) ? mode.padStart(4, '0') : undefined;

/** The name that a secret of Compose has in niyanta. */
export const secretName = (name: string): string => {
  const wish = name.replace(/[^A-Za-z0-9_]/g, '_');
  return isSecretName(wish) ? wish : `s_${wish}`.slice(0, 128);
};

/** `secrets` of a service: files on tmpfs, as in Compose; their values are niyanta's to keep. */
export function secrets(service: ServiceContext, key: Key): void {
  for (const {source, target, mode, uid, key: item} of usesOf(service, key)) {
    const name = secretName(source);
    const asked = target ?? (name === source ? undefined : source);
    const path = asked === undefined ? undefined : nodePath.posix.resolve('/run/secrets', asked);
    const parts = {
      name,
      target: path,
      mode: modeOf(mode),
      user: uid !== undefined && /^\d+$/.test(uid) ? uid : undefined,
    };
    const plain = Object.values(parts).filter(value => value !== undefined).length === 1;
    service.append('secrets', plain ? placed(name, item.at) : placed(parts, item.at));
  }
}
