import {createHash} from 'node:crypto';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {ServiceFile} from '../spec/stack.ts';
import {canonical} from './canonical.ts';
import type {Change} from './plan.ts';

/** Who and where a container is; these differ between two containers of one replica and are no change of intent. */
const identity = new Set(['id', 'project', 'stack', 'environment', 'service', 'replica', 'host', 'network']);

/** Fields that are shown key by key, as `env.DATABASE_URL`. */
const keyed = new Set(['env', 'labels', 'resources', 'capabilities', 'stop', 'update', 'image']);

/**
 * What differs between what runs and what shall run, field by field, sorted by path. Whether a change forces a new
 * container is asked of `runtimeHash`, so that runtime alone knows. Secrets show as names, never as values.
 */
export function compareSpecs(
  from: ContainerSpec,
  to: ContainerSpec,
  runtimeHash: (spec: ContainerSpec) => string,
): readonly Change[] {
  const before = runtimeHash(from);
  const changes: Change[] = [];
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(field => !identity.has(field)).sort();
  for (const field of fields) {
    const old = from[field as keyof ContainerSpec];
    const now = to[field as keyof ContainerSpec];
    if (canonical(old) === canonical(now)) continue;
    const forces = runtimeHash({...from, [field]: now}) !== before;
    if (field === 'secrets') changes.push(...secretChanges(from, to, forces));
    else if (field === 'files') changes.push(...fileChanges(from, to, runtimeHash));
    else if (field === 'image') changes.push(imageChange(from, to, forces));
    else if (field === 'secretFiles') changes.push(...secretFileChanges(from, to, forces));
    else if (keyed.has(field)) changes.push(...keyChanges(field, old, now, forces));
    else changes.push({path: field, from: old, to: now, forces});
  }
  return changes;
}

/** The digest is told only where the name alone would look unchanged. */
function imageChange(from: ContainerSpec, to: ContainerSpec, forces: boolean): Change {
  if (from.image.source !== to.image.source) {
    return {path: 'image', from: from.image.source, to: to.image.source, forces};
  }
  const short = (digest: string) => (digest === '' ? 'known-on-apply' : digest.slice(0, 'sha256:'.length + 12));
  return {
    path: 'image',
    from: `${from.image.source}@${short(from.image.digest)}`,
    to: `${to.image.source}@${short(to.image.digest)}`,
    forces,
  };
}

/** File by file: how long it is and a checksum, since a plan is no place for whole files; `niyanta diff` shows them. */
function fileChanges(
  from: ContainerSpec,
  to: ContainerSpec,
  runtimeHash: (spec: ContainerSpec) => string,
): readonly Change[] {
  const before = new Map(from.files?.map(file => [file.target, file]));
  const after = new Map(to.files?.map(file => [file.target, file]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap(target => {
    const [old, now] = [before.get(target), after.get(target)];
    if (canonical(old) === canonical(now)) return [];
    const forces = runtimeHash({...from, files: old && [old]}) !== runtimeHash({...from, files: now && [now]});
    return [{path: `files.${target}`, from: old && fileText(old), to: now && fileText(now), forces}];
  });
}

function fileText({content, mode, reload}: ServiceFile): string {
  const lines = content.split('\n').length - (content.endsWith('\n') ? 1 : 0);
  const how = reload === undefined ? mode : `${mode}, ${reload}`;
  return `${lines} ${lines === 1 ? 'line' : 'lines'}, ${fingerprintOf(content)}, ${how}`;
}

/** Enough of a checksum to tell two texts apart. */
const fingerprintOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

function keyChanges(field: string, old: unknown, now: unknown, forces: boolean): readonly Change[] {
  const before = (old ?? {}) as Record<string, unknown>;
  const after = (now ?? {}) as Record<string, unknown>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(key => canonical(before[key]) !== canonical(after[key]))
    .sort()
    .map(key => ({path: `${field}.${key}`, from: before[key], to: after[key], forces}));
}

/**
 * A secret whose value changed shows at each variable that refers to it, unless that variable's text changed too, and
 * by its name where it is a file.
 */
function secretChanges(from: ContainerSpec, to: ContainerSpec, forces: boolean): readonly Change[] {
  const renewed = Object.keys(to.secrets).filter(
    name => name in from.secrets && from.secrets[name] !== to.secrets[name],
  );
  const change = (path: string, name: string): Change => ({
    path,
    from: `secret ${name}`,
    to: `secret ${name} changed`,
    forces,
  });
  return renewed.sort().flatMap(name => [
    ...Object.keys(to.env)
      .filter(key => to.env[key] === from.env[key] && to.env[key]!.includes(`\${secret:${name}}`))
      .sort()
      .map(key => change(`env.${key}`, name)),
    ...((to.secretFiles ?? []).some(file => file.name === name) ? [change(`secrets.${name}`, name)] : []),
  ]);
}

/** One that comes or goes by its name alone; one that stays, with what of its delivery changed. */
function secretFileChanges(from: ContainerSpec, to: ContainerSpec, forces: boolean): readonly Change[] {
  const before = Map.groupBy(from.secretFiles ?? [], ({name}) => name);
  const after = Map.groupBy(to.secretFiles ?? [], ({name}) => name);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): Change[] => {
    const [old, now] = [before.get(name), after.get(name)];
    if (canonical(old) === canonical(now)) return [];
    if (old && now) return [{path: `secretFiles.${name}`, from: old, to: now, forces}];
    const secret = `secret ${name}`;
    return [{path: `secrets.${name}`, ...(old ? {from: secret} : {to: secret}), forces}];
  });
}
