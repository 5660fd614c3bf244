import {script} from '../command.ts';
import type {HostFacts} from '../facts.ts';
import type {Probe} from '../probe.ts';
import type {Need} from './packages.ts';

/** What facts do not tell and preparing asks for. */
export interface Readiness {
  /** Programs that are not there, of those that niyanta's scripts on the host call. */
  readonly missingTools: readonly string[];
  readonly ipForward: boolean;
  /** A file under /etc/sysctl.d keeps it switched on. */
  readonly ipForwardKept: boolean;
  /** Whether containerd starts at boot; undefined where that cannot be asked. */
  readonly containerdEnabled?: boolean;
  /** Seconds since the epoch, by the host's clock. */
  readonly clock: number;
}

/** Setting that lets containers be reached; in a file of niyanta's own, so that nobody's is edited. */
export const sysctlFile = '/etc/sysctl.d/60-niyanta.conf';

const ASK = `
for t in ip bridge perl flock setsid; do command -v $t >/dev/null || echo "missing $t"; done
# Such a file gives its value and no line end to a shell that reads byte by byte, so read fails and has it.
read -r f </proc/sys/net/ipv4/ip_forward; echo "forward $f"
grep -qsx 'net.ipv4.ip_forward *= *1' /etc/sysctl.conf /etc/sysctl.d/*.conf && echo kept
if [ -d /run/systemd/system ]; then echo "enabled $(systemctl is-enabled containerd 2>/dev/null)"
elif command -v rc-update >/dev/null; then echo "enabled $(rc-update show default | grep -qw containerd && echo enabled)"; fi
echo "clock $(date +%s)"
`;

/** Tools, settings and the clock. */
export const readiness: Probe<Readiness> = {
  command: script(ASK),
  parse(stdout) {
    const values = (key: string) =>
      stdout.split('\n').flatMap(line => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
    const [enabled] = values('enabled');
    return {
      missingTools: values('missing'),
      ipForward: values('forward')[0] === '1',
      ipForwardKept: stdout.split('\n').includes('kept'),
      ...(enabled === undefined ? {} : {containerdEnabled: enabled === 'enabled'}),
      clock: Number(values('clock')[0]),
    };
  },
};

/** CNI plugins that niyanta's networks are made of. */
export const neededPlugins = ['bridge', 'loopback', 'portmap', 'static'];

/** Those of them that the host lacks. */
export const missingPlugins = ({cniPlugins}: HostFacts): string[] =>
  neededPlugins.filter(plugin => !cniPlugins.includes(plugin));

/** What has to be installed there. */
export function missing(facts: HostFacts, {missingTools}: Readiness): Need[] {
  const needs: [Need, boolean][] = [
    ['containerd', facts.containerd === undefined],
    ['runc', facts.runc === undefined],
    ['cni-plugins', missingPlugins(facts).length > 0],
    ['iptables', !facts.iptables],
    // busybox has an ip, and no bridge.
    ['iproute2', ['ip', 'bridge'].some(tool => missingTools.includes(tool))],
    ['perl', missingTools.includes('perl')],
    ['util-linux', ['flock', 'setsid'].some(tool => missingTools.includes(tool))],
  ];
  return needs.flatMap(([need, lacking]) => (lacking ? [need] : []));
}
