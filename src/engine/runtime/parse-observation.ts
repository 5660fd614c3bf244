import {z} from 'zod';
import {parseFacts} from '../hosts/parse-facts.ts';
import type {ContainerId, Manifest} from './container-spec.ts';
import {parseExitCodes} from './exit-code.ts';
import {parseNetworks} from './host-network.ts';
import {listedImages} from './images/index.ts';
import {sectionMark} from './observe-script.ts';
import type {ObservedContainer, ReachableHost} from './observed.ts';

type Observation = Omit<ReachableHost, 'host' | 'reachable' | 'drained'> & {
  /** What containerd said in place of its tasks. */
  readonly tasksFailed?: string;
};

/** Reads what `observeScript` printed; undefined when it is not whole. */
export function parseObservation(stdout: string): Observation | undefined {
  const sections = new Map(
    stdout.split(sectionMark).flatMap(text => {
      const end = text.indexOf('\n');
      return end < 0 ? [[text.trim(), ''] as const] : [[text.slice(0, end), text.slice(end + 1)] as const];
    }),
  );
  if (!sections.has('end')) return undefined;
  const lines = (name: string): string[] => (sections.get(name) ?? '').split('\n').filter(line => line !== '');
  const [firstTask = ''] = lines('tasks');
  const containers = containersOf(lines);
  const leftovers = leftoversOf(lines, containers, networks);
  return {
    facts: parseFacts(sections.get('facts') ?? ''),
    toolkit: lines('toolkit')[0],
    containers,
    images: listedImages.parse(sections.get('images') ?? ''),
    volumes: lines('volumes').map(path => path.replace(/\/$/, '')),
    networks,
    ...(leftovers.length > 0 ? {leftovers} : {}),
    ...(silent.startsWith('failed ') ? {tasksFailed: firstTask.slice('failed '.length)} : {}),
  };
}

type Lines = (section: string) => string[];

function containersOf(lines: Lines): readonly ObservedContainer[] {
  const manifests = new Map(lines('manifests').flatMap(manifestLine));
  const existing = new Set(lines('containers').filter(id => !/\s/.test(id)));
  const tasks = new Map(lines('tasks').slice(1).map(taskLine));
  const exits = parseExitCodes(lines('exits').join('\n'));
  const starts = new Map(lines('starts').map(startsLine));
  const addresses = new Set(lines('addresses').map(line => line.replace(/^\/proc\/(\d+)\/\S+/, '$1')));
  const namespaces = new Set(lines('namespaces').map(path => path.replace(/^\/run\/netns\//, '')));
  const names = new Map(lines('names').map(checksumLine));
  const ids = [...new Set([...manifests.keys(), ...existing])].sort();
  return ids.map((id): ObservedContainer => {
    const manifest = manifests.get(id);
    const task = tasks.get(id);
    const started = starts.get(id);
    const running = task?.state === 'running';
    const connected = !running || !manifest || addresses.has(`${task.pid} ${manifest.spec.network.address}`);
    return {
      id,
      manifest,
      task: existing.has(id) ? (task?.state ?? 'none') : 'gone',
      pid: running ? task.pid : undefined,
      startedAt: running && started ? new Date(started.last * 1000).toISOString() : undefined,
      restarts: started ? Math.max(0, started.count - 1) : 0,
      exitCode: task?.state === 'stopped' ? exits.get(id) : undefined,
      networkUp: namespaces.has(id) && connected,
      names: names.has(id) ? [names.get(id)!] : [],
    };
  });
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
  if (id === undefined || json === undefined) return [];
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(json));
    return parsed.success && parsed.data.spec.id === id ? [[id, parsed.data as unknown as Manifest]] : [];
  } catch {
    return [];
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
