import {parseFacts} from '../hosts/parse-facts.ts';
import {parseTranslation} from './deviations/forwarding.ts';
import {parseDevices} from './deviations/links.ts';
import {parseNetworks} from './host-network.ts';
import {listedImages} from './images/index.ts';
import {findLeftovers} from './leftovers/find-leftovers.ts';
import {parseLeftoverFiles} from './leftovers/leftover-files.ts';
import {sectionMark} from './observe-script.ts';
import type {ReachableHost} from './observed.ts';
import {type Lines, parseContainers} from './parse-containers.ts';
import {parseProxy} from './proxy/observed-proxy.ts';
import {proxyId} from './proxy/proxy-spec.ts';

type Observation = Omit<ReachableHost, 'host' | 'reachable' | 'drained'> & {
  /** What containerd said in place of its tasks or containers. */
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
  const silent = silence(lines);
  // The proxy is the host's own, and no replica of anything.
  const containers = parseContainers(lines).filter(({id}) => id !== proxyId);
  const networks = parseNetworks(lines('networks'), lines('networks-wrong'));
  const proxy = parseProxy(lines('proxy'));
  const leftovers = findLeftovers({
    containers,
    files: parseLeftoverFiles(lines('leftovers')),
    devices: parseDevices(lines('devices')),
    translation: parseTranslation(lines('translation')),
    snapshots: lines('snapshots').filter(key => key !== proxyId),
    overlays: networks.map(({bridge}) => bridge),
  });
  return {
    facts: parseFacts(sections.get('facts') ?? ''),
    toolkit: lines('toolkit')[0],
    containers,
    images: listedImages.parse(sections.get('images') ?? ''),
    volumes: lines('volumes').map(path => path.replace(/\/$/, '')),
    networks,
    ...(proxy ? {proxy} : {}),
    ...(leftovers.length > 0 ? {leftovers} : {}),
    ...(silent === undefined ? {} : {tasksFailed: silent}),
  };
}

/** An answer that is no answer must not look like containers that are gone, or that have lost their labels. */
function silence(lines: Lines): string | undefined {
  const [task = ''] = lines('tasks');
  if (task.startsWith('failed ')) return task.slice('failed '.length);
  const containers = lines('containers');
  return containers.includes('failed') ? containers.filter(line => /\s/.test(line)).join(' ') : undefined;
}
