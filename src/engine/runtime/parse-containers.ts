import {z} from 'zod';
import type {ContainerId, Manifest} from './container-spec.ts';
import {findDeviations} from './deviations/find-deviations.ts';
import {parseTranslation} from './deviations/forwarding.ts';
import {parseLimits} from './deviations/limits.ts';
import {parseDevices} from './deviations/links.ts';
import {parseChangedConfigs} from './deviations/recorded-config.ts';
import {parseEnd, parseExits, type TaskEnd} from './exit-code.ts';
import type {Identity, ObservedContainer} from './observed.ts';

/** Lines of a section of the answer, without empty ones. */
export type Lines = (section: string) => string[];

/** Every container that has a manifest or that containerd knows, sorted by id. */
export function parseContainers(lines: Lines): readonly ObservedContainer[] {
  const manifests = new Map(lines('manifests').flatMap(manifestLine));
  const listed = lines('containers').filter(id => !/\s/.test(id) && !id.startsWith('workload.'));
  const existing = new Set(listed);
  const tasks = new Map(lines('tasks').slice(1).map(taskLine));
  const exits = parseExits(lines('exits').join('\n'));
  const starts = new Map(lines('starts').map(startsLine));
  const ends = new Map(lines('ends').map(endLine));
  const names = new Map(lines('names').map(checksumLine));
  const identities = parseIdentities(lines('identities'));
  const look = findings(lines, listed, names);
  const ids = [...new Set([...manifests.keys(), ...existing])].sort();
  return ids.map((id): ObservedContainer => {
    const manifest = manifests.get(id);
    const identity = manifest ? undefined : identities.get(id);
    const task = tasks.get(id);
    const started = starts.get(id);
    const running = task?.state === 'running';
    const ended = (task?.state === 'stopped' ? withTime(exits.get(id), ends.get(id)) : undefined) ?? ends.get(id);
    const found = look(id, running ? task.pid : undefined, manifest);
    const deviations = manifest && existing.has(id) ? findDeviations(manifest, found) : [];
    return {
      id,
      manifest,
      ...(identity ? {identity} : {}),
      ...(deviations.length > 0 ? {deviations} : {}),
      task: existing.has(id) ? (task?.state ?? 'none') : 'gone',
      pid: running ? task.pid : undefined,
      startedAt: running && started ? new Date(started.last * 1000).toISOString() : undefined,
      restarts: started ? Math.max(0, started.count - 1) : 0,
      exitCode: task?.state === 'stopped' ? exits.get(id)?.code : undefined,
      ...(ended ? {ended} : {}),
      networkUp: found.named && (!running || !manifest || found.hasAddress),
      names: names.has(id) ? [names.get(id)!] : [],
    };
  });
}

/** `./ID.ends EPOCH CODE KILLED`. */
function endLine(line: string): readonly [ContainerId, TaskEnd | undefined] {
  const space = line.indexOf(' ');
  return [line.slice('./'.length, space - '.ends'.length), parseEnd(line.slice(space + 1))];
}

/** What stands ended has no time; the record of the same end has. */
const withTime = (now: TaskEnd | undefined, last: TaskEnd | undefined): TaskEnd | undefined =>
  now && {...(last?.at !== undefined && last.code === now.code ? {at: last.at} : {}), ...now};

/** What the host was seen to do for a container, of which the process that runs is given. */
function findings(lines: Lines, listed: readonly string[], files: ReadonlyMap<string, string>) {
  const seen = new Set<string>();
  const kept = new Set(listed.filter(id => seen.has(id) || !seen.add(id)));
  const labelled = answered(lines('labelled'));
  const snapshots = answered(lines('snapshots'));
  const changed = parseChangedConfigs(lines('configs'));
  const rootless = new Set(lines('roots'));
  const limits = parseLimits(lines('limits'));
  const devices = parseDevices(lines('devices'));
  const translation = parseTranslation(lines('translation'));
  const addresses = new Set(lines('addresses').map(line => line.replace(/^\/proc\/(\d+)\/\S+/, '$1')));
  const namespaces = new Set(lines('namespaces').map(path => path.replace(/^\/run\/netns\//, '')));
  const secrets = new Set(lines('secrets'));
  const inodes = new Map(lines('inodes').map(line => line.split(' ').reverse() as [string, string]));
  return (id: ContainerId, pid: number | undefined, manifest: Manifest | undefined) => {
    const [own, named] = [inodes.get(`/proc/${pid}/ns/net`), inodes.get(`/run/netns/${id}`)];
    return {
      running: pid !== undefined,
      configChanged: changed.has(id),
      kept: kept.has(id),
      labelled: labelled?.has(id),
      rootGone: rootless.has(id) || (snapshots !== undefined && !snapshots.has(id)),
      filesThere: [id, `${id}.hostname`, `${id}.resolv`].every(file => files.has(file)),
      secretsThere: !manifest?.spec.secretFiles || secrets.has(`${id} ${manifest.spec.secretFiles.length}`),
      named: namespaces.has(id) && (own === undefined || own === named),
      hasAddress: addresses.has(`${pid} ${manifest?.spec.network.address}`),
      hasGateway: addresses.has(`/proc/net/fib_trie ${manifest?.spec.network.gateway}`),
      limits: limits.get(id),
      devices,
      translation,
    };
  };
}

/** The lines of an answer that came whole; undefined where nobody asked, or it was cut. */
const answered = (lines: readonly string[]): ReadonlySet<string> | undefined =>
  lines.includes('whole') ? new Set(lines) : undefined;

const identitySchema = z.object({
  project: z.string(),
  stack: z.string(),
  environment: z.string(),
  service: z.string(),
  replica: z.coerce.number().int().positive(),
});

/** Of lines `id ID`, each followed by `WORD VALUE` of its labels; what is not labelled in full is not ours. */
function parseIdentities(lines: readonly string[]): ReadonlyMap<ContainerId, Identity> {
  const labels = new Map<ContainerId, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of lines) {
    const [, word = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (word === 'id') {
      current = {};
      labels.set(value, current);
    } else current[word] = value;
  }
  return new Map(
    [...labels].flatMap(([id, words]) => {
      const parsed = identitySchema.safeParse(words);
      return parsed.success ? [[id, parsed.data as Identity] as const] : [];
    }),
  );
}

// Enough to trust the rest: the host wrote it, or someone who is root there.
const manifestSchema = z.looseObject({
  version: z.literal(1),
  spec: z.looseObject({id: z.string(), service: z.string(), network: z.looseObject({address: z.string()})}),
  runtimeHash: z.string(),
  specHash: z.string(),
});

/** `./ID.json:{…}`; a file that was cut short, or is not ours, counts as no manifest. */
function manifestLine(line: string): [ContainerId, Manifest][] {
  const [, id, json] = /^\.\/([^:]+)\.json:(.*)$/.exec(line) ?? [];
  const manifest = id === undefined || json === undefined ? undefined : parseManifest(id, json);
  return manifest ? [[id!, manifest]] : [];
}

/** The manifest of this container; undefined for a text that is cut short, another's, or none of ours. */
export function parseManifest(id: ContainerId, json: string): Manifest | undefined {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(json));
    return parsed.success && parsed.data.spec.id === id ? (parsed.data as unknown as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** `ID PID STATUS`, as `ctr tasks ls` prints it. */
function taskLine(line: string): [ContainerId, {pid: number; state: 'running' | 'stopped' | 'created' | 'paused'}] {
  const [id = '', pid, status = ''] = line.split(/\s+/);
  const states = {RUNNING: 'running', STOPPED: 'stopped', CREATED: 'created', PAUSED: 'paused'} as const;
  return [id, {pid: Number(pid), state: states[status as keyof typeof states] ?? 'stopped'}];
}

function startsLine(line: string): [ContainerId, {count: number; last: number}] {
  const [file = '', count, last] = line.split(' ');
  return [file.slice(2, -'.starts'.length), {count: Number(count), last: Number(last)}];
}

function checksumLine(line: string): [ContainerId, string] {
  const [sum = '', file = ''] = line.split(/\s+\*?/);
  return [file.slice(2), sum];
}
