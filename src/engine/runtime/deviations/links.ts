import type {ContainerId, ContainerNetwork} from '../container-spec.ts';
import type {Deviation} from './deviation.ts';

/** One process: every network device of the host, with its bridge and the name of the namespace at its other end. */
export const devices = 'ip -o link show 2>/dev/null';

export interface Device {
  readonly name: string;
  readonly up: boolean;
  /** The bridge that it is a port of. */
  readonly bridge?: string;
  /** A namespace with a name, at the other end. */
  readonly namespace?: string;
}

/** `4: vethd2a4b072@if2: <…,UP> … master nybbcfee53 … link-netns shop-default-web-1-8e1faa`. */
export function parseDevices(lines: readonly string[]): readonly Device[] {
  return lines.flatMap((line): Device[] => {
    const [, name, flags] = /^\d+: ([^:@ ]+)(?:@[^:]*)?: <([^>]*)>/.exec(line) ?? [];
    if (name === undefined || flags === undefined) return [];
    const bridge = / master (\S+)/.exec(line)?.[1];
    const namespace = / link-netns (\S+)/.exec(line)?.[1];
    return [{name, up: flags.split(',').includes('UP'), bridge, namespace}];
  });
}

/** What is wrong with how a running container's namespace is connected. */
export function linkDeviations(
  id: ContainerId,
  {bridge}: ContainerNetwork,
  seen: {readonly devices: readonly Device[]; readonly hasAddress: boolean; readonly hasGateway: boolean},
): readonly Deviation[] {
  const link = (what: string): Deviation[] => [{aspect: 'link', what}];
  const device = seen.devices.find(({name}) => name === bridge);
  if (!seen.hasAddress) return link('address removed');
  if (!device) return link('bridge deleted');
  if (!device.up) return link('bridge down');
  if (!seen.hasGateway) return link("bridge's address removed");
  const end = seen.devices.find(({namespace}) => namespace === id);
  if (!end) return [];
  if (end.bridge !== bridge) return link('taken off its bridge');
  return end.up ? [] : link('link down');
}
