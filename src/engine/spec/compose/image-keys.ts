import nodePath from 'node:path';
import type {Key, ServiceContext} from './service-context.ts';
import {type Placed, placed} from './written.ts';

/** `image` and `build`: a service of a stack has one of them. */
export function image(service: ServiceContext, key: Key, builds: boolean): void {
  if (builds) {
    service.note('changed', key, 'the image is built and sent to the hosts; its name is left to niyanta');
    return;
  }
  const text = service.text(key);
  const written = text === undefined ? undefined : service.written(key, text);
  if (written !== undefined) service.set('image', placed(written, key.at));
}

const NEEDLESS = new Set(['pull', 'no_cache', 'tags', 'cache_from', 'cache_to', 'network', 'isolation']);

export function build(service: ServiceContext, key: Key): void {
  if (key.value.kind === 'scalar') {
    const context = contextOf(service, key);
    if (context !== undefined) service.set('build', placed(context, key.at));
    return;
  }
  const parts = new Map<string, Placed>();
  for (const part of service.entries(key)) {
    if (part.name === 'context') {
      const context = contextOf(service, part);
      if (context !== undefined) parts.set('context', placed(context, part.at));
    } else if (part.name === 'dockerfile' || part.name === 'target') {
      const text = service.text(part);
      const written = text === undefined ? undefined : service.written(part, text);
      if (written !== undefined) parts.set(part.name === 'target' ? 'target' : 'file', placed(written, part.at));
    } else if (part.name === 'args') parts.set('args', buildArguments(service, part));
    else if (NEEDLESS.has(part.name)) service.note('needless', part, 'niyanta builds when what it is made of changed');
    else
      service.note(
        'lost',
        part,
        part.name === 'dockerfile_inline'
          ? 'write it into a file: build: {file: …}'
          : 'niyanta has no such setting of a build',
      );
  }
  if (!parts.has('context')) parts.set('context', placed('.', key.at));
  const only = parts.size === 1 ? parts.get('context') : undefined;
  service.set('build', only ?? {value: parts, from: key.at});
}

function contextOf(service: ServiceContext, key: Key): string | undefined {
  const text = service.text(key);
  if (text === undefined) return undefined;
  if (/^(?:https?:|git[@:]|ssh:|github\.com)|\.git(?:#|$)/.test(text)) {
    service.note('lost', key, 'a context from a git repository: clone it, and write its folder');
    return '.';
  }
  return service.written(key, service.path(text, key.at));
}

function buildArguments(service: ServiceContext, key: Key): Placed {
  const entries = pairs(service, key).flatMap(pair => {
    const written =
      pair.text === undefined ? `\${env:${pair.name}:-}` : service.written(pair, pair.text, {blank: true});
    return written === undefined ? [] : [[pair.name, placed(written, pair.at)] as const];
  });
  return {value: new Map(entries), from: key.at};
}

/** NAME=value, as a list or a map; without a text where only a name was written. */
export function pairs(
  service: ServiceContext,
  key: Key,
): readonly (Key & {readonly name: string; readonly text?: string})[] {
  if (key.value.kind === 'map') {
    return service.entries(key).flatMap(entry => {
      if (entry.value.kind === 'scalar' && entry.value.value === null) return [entry];
      const text = service.text(entry);
      return text === undefined ? [] : [{...entry, text}];
    });
  }
  return service.items(key).flatMap(item => {
    const text = service.text(item);
    if (text === undefined) return [];
    const at = text.indexOf('=');
    if (at === -1) return [{...item, name: text}];
    return [{...item, name: text.slice(0, at), text: text.slice(at + 1)}];
  });
}

export function envFile(service: ServiceContext, key: Key): void {
  const files = service.items(key).flatMap(item => {
    const parts = item.value.kind === 'map' ? service.entries(item) : undefined;
    const at = parts ? parts.find(({name}) => name === 'path') : item;
    const text = at && service.text(at);
    if (text === undefined) return [];
    const optional = parts?.find(({name}) => name === 'required');
    if (optional && service.text(optional) === 'false') {
      const there = service.all.kindOf(nodePath.resolve(item.at.source.directory, service.all.variables.now(text)));
      if (there !== 'file') {
        service.note('lost', item, 'is not required and not there: a stack has only env files that are');
        return [];
      }
      service.note('changed', item, 'is required in a stack');
    }
    const written = service.written(at!, service.path(text, at!.at));
    return written === undefined ? [] : [{value: written, from: item.at}];
  });
  if (files.length === 1) service.set('envFile', {...files[0]!, from: key.at});
  else if (files.length > 1) service.set('envFile', {value: files, from: key.at});
}

/** Variables by name; what looks like a password is told, or becomes a secret. */
export function environment(service: ServiceContext, key: Key): void {
  const entries = pairs(service, key).flatMap(pair => {
    if (pair.name === 'VIRTUAL_HOST' || pair.name === 'VIRTUAL_PORT' || pair.name === 'VIRTUAL_PATH') return [];
    if (pair.text === undefined) return [[pair.name, placed(`\${env:${pair.name}:-}`, pair.at)] as const];
    if (/[\r\n]/.test(pair.text)) {
      service.note('lost', pair, 'has more than one line: put it into a file, and mount that');
      return [];
    }
    const renamed = service.hostsRenamed(pair, pair.text, pair.name);
    const text = service.all.secretFor(service.name, pair.name, renamed, pair.at);
    const written = service.written(pair, text, {blank: true});
    return written === undefined ? [] : [[pair.name, placed(written, pair.at)] as const];
  });
  if (entries.length > 0) service.set('env', {value: new Map(entries), from: key.at});
}
