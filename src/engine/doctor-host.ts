import type {DoctorCheck} from './doctor.ts';
import {type HostFacts, missingPlugins, neededPlugins, type Readiness} from './hosts/index.ts';
import type {LookedAt} from './look-at-host.ts';
import {toolkitHash} from './runtime/toolkit/index.ts';

type Found = Omit<DoctorCheck, 'subject'>;

/** Less than this under /var/lib, and images stop fitting. */
const littleDisk = 1024 ** 3;
/** Certificates and tokens of registries are refused sooner or later. */
const largestSkew = 30;

/** What one host said, judged: each thing that it lacks with its fix. */
export function checkHost(looked: LookedAt): DoctorCheck[] {
  const subject = `host ${looked.host.name}`;
  if (looked.error) {
    const {code, message, hint} = looked.error;
    const check = code === 'host-unreachable' ? 'reachable' : 'usable';
    const fix = code === 'host-unreachable' ? unreachableFix(looked.host.name) : hint;
    return [{subject, check, status: 'failed', found: message, ...(fix === undefined ? {} : {fix})}];
  }
  const {host, facts, readiness} = looked;
  const prepare = `niyanta host prepare ${host.name}`;
  const checks: Found[] = [
    {
      check: 'reachable, and root there',
      status: 'ok',
      found: host.local ? 'this machine' : (host.hostKey ?? 'by known_hosts'),
    },
    containerd(facts, prepare),
    judged('runc', facts.runc !== undefined, facts.runc ?? 'not installed', prepare),
    plugins(facts, prepare),
    judged('iptables', facts.iptables, facts.iptables ? 'installed' : 'not installed', prepare),
    tools(readiness, prepare),
    forwarding(readiness, prepare),
    disk(facts, host.name),
    clock(looked.clockSkew, host.name),
    toolkit(looked.toolkit, prepare),
  ];
  return checks.map(check => ({subject, ...check}));
}

const unreachableFix = (name: string): string =>
  `See that it is up, that sshd runs there, and that its address in niyanta.yaml is right (hosts.${name}.address).`;

const judged = (check: string, good: boolean, found: string, fix: string): Found =>
  good ? {check, status: 'ok', found} : {check, status: 'failed', found, fix};

function containerd({containerd: found}: HostFacts, fix: string): Found {
  if (!found) return judged('containerd', false, 'not installed', fix);
  return judged('containerd', found.running, found.running ? found.version : `${found.version}, not running`, fix);
}

function plugins(facts: HostFacts, fix: string): Found {
  const lacking = missingPlugins(facts);
  return judged(
    'CNI plugins',
    lacking.length === 0,
    lacking.length > 0 ? `no ${lacking.join(', ')}` : neededPlugins.join(', '),
    fix,
  );
}

function tools({missingTools}: Readiness, fix: string): Found {
  return judged(
    'programs that its scripts need',
    missingTools.length === 0,
    missingTools.length > 0 ? `no ${missingTools.join(', ')}` : 'there',
    fix,
  );
}

function forwarding({ipForward, ipForwardKept}: Readiness, fix: string): Found {
  const check = 'net.ipv4.ip_forward';
  if (!ipForward) return {check, status: 'failed', found: 'off', fix};
  return ipForwardKept
    ? {check, status: 'ok', found: 'on'}
    : {check, status: 'warning', found: 'on until the next boot', fix};
}

function disk({disk: {free, total}}: HostFacts, host: string): Found {
  const gib = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
  const found = `${gib(free)} free of ${gib(total)} under /var/lib`;
  return judged(
    'disk',
    free >= littleDisk,
    found,
    `Make room under /var/lib on ${host}; containerd keeps images in /var/lib/containerd.`,
  );
}

function clock(skew: number, host: string): Found {
  const good = Math.abs(skew) <= largestSkew;
  const found = Math.abs(skew) <= 1 ? 'as here' : `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`;
  return judged(
    'clock',
    good,
    found,
    `Set the clock of ${host}, best by a time service (systemd-timesyncd or chrony).`,
  );
}

function toolkit(installed: string | undefined, fix: string): Found {
  const check = "niyanta's scripts";
  if (installed === toolkitHash) return {check, status: 'ok', found: 'up to date'};
  const found =
    installed === undefined
      ? 'not installed; the next apply does it'
      : 'of another version; the next apply renews them';
  return {check, status: 'warning', found, fix};
}
