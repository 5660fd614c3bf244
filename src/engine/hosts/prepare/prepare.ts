import {OutsideError} from '../../spec/errors.ts';
import type {Connection} from '../connection.ts';
import type {HostFacts} from '../facts.ts';
import {facts as factsProbe} from '../facts-probe.ts';
import {mustRun} from '../must-run.ts';
import type {Probe} from '../probe.ts';
import {apk} from './apk.ts';
import {aptGet} from './apt.ts';
import {dnf} from './dnf.ts';
import type {Need, PackageManager} from './packages.ts';
import {missing, missingPlugins, neededPlugins, type Readiness, readiness, sysctlFile} from './readiness.ts';
import {awaitContainerd, forwardNow, keepForwarding, linkPlugins, startContainerd} from './start-containerd.ts';

/** One thing that preparing looked at. */
export interface PreparedStep {
  /** Whether something was changed; otherwise it was there already. */
  readonly done: boolean;
  /** `installed containerd 1.6.20`, `runc 1.1.5 was there`. */
  readonly text: string;
}

export interface PrepareOptions {
  readonly signal?: AbortSignal;
  /** Told before each thing that takes long: `installing containerd, runc`. */
  readonly onProgress?: (text: string) => void;
}

const managers = {apt: aptGet, dnf, apk};
// A slow mirror on a small machine.
const installTimeoutMs = 15 * 60_000;

/**
 * Makes a host ready for containers: containerd, runc, CNI plugins and iptables through its package manager, containerd
 * running now and after a reboot, packets forwarded. Idempotent; edits no file that an administrator may have written.
 * Errors: OutsideError `no-package-manager`, `still-missing`, and those of `mustRun`.
 */
export async function prepare(connection: Connection, options: PrepareOptions = {}): Promise<PreparedStep[]> {
  const before = await ask(connection, factsProbe, options);
  const ready = await ask(connection, readiness, options);
  const needs = missing(before, ready);
  const manager = needs.length > 0 ? managerOf(connection, before, needs) : undefined;
  if (manager) await install(connection, manager, needs, options);
  const installed = manager ? await ask(connection, factsProbe, options) : before;
  checkPlugins(connection, installed);
  return [
    ...(manager && !manager.tried
      ? [
          {
            done: false,
            text: `${manager.name} is written after its manual and was never tried: please look at the result`,
          },
        ]
      : []),
    ...installedSteps(installed, needs),
    ...(await runContainerd(connection, installed, ready, options)),
    ...(await forward(connection, ready, options)),
  ];
}

async function install(
  connection: Connection,
  manager: PackageManager,
  needs: readonly Need[],
  options: PrepareOptions,
) {
  const {signal} = options;
  const packages = needs.flatMap(need => manager.packages[need]);
  options.onProgress?.(`installing ${packages.join(', ')}`);
  await mustRun(connection, manager.refresh, {
    what: `refresh the lists of ${manager.name}`,
    timeoutMs: installTimeoutMs,
    signal,
  });
  await mustRun(connection, manager.install(packages), {
    what: `install ${packages.join(', ')}`,
    timeoutMs: installTimeoutMs,
    signal,
  });
  await mustRun(connection, linkPlugins, {what: 'link the CNI plugins', signal});
}

function installedSteps(facts: HostFacts, needs: readonly Need[]): PreparedStep[] {
  const step = (need: Need, name: string): PreparedStep =>
    needs.includes(need) ? {done: true, text: `installed ${name}`} : {done: false, text: `${name}: already there`};
  return [
    step('containerd', `containerd ${facts.containerd?.version ?? ''}`.trim()),
    step('runc', `runc ${facts.runc ?? ''}`.trim()),
    step('cni-plugins', `CNI plugins (${neededPlugins.join(', ')})`),
    step('iptables', 'iptables'),
    ...(['iproute2', 'perl', 'util-linux'] as const).flatMap(need => (needs.includes(need) ? [step(need, need)] : [])),
  ];
}

async function runContainerd(
  connection: Connection,
  facts: HostFacts,
  before: Readiness,
  options: PrepareOptions,
): Promise<PreparedStep[]> {
  const {signal} = options;
  // Installing starts it on many systems; what counts is what starts it at boot.
  const enabled = before.containerdEnabled ?? facts.containerd?.running ?? false;
  if (facts.containerd?.running && enabled) return [{done: false, text: 'containerd runs: already so'}];
  options.onProgress?.('starting containerd');
  await mustRun(connection, startContainerd, {what: 'start containerd', signal});
  await mustRun(connection, awaitContainerd, {what: 'get an answer from containerd', signal});
  const boot =
    before.containerdEnabled === undefined
      ? '; nothing here starts it at boot, neither systemd nor OpenRC: see to it, and to /usr/local/lib/niyanta/boot before it'
      : ', now and at boot';
  return [{done: true, text: `started containerd${boot}`}];
}

async function forward(connection: Connection, ready: Readiness, {signal}: PrepareOptions): Promise<PreparedStep[]> {
  if (ready.ipForward && ready.ipForwardKept) return [{done: false, text: 'net.ipv4.ip_forward: already on'}];
  if (!ready.ipForward) await mustRun(connection, forwardNow, {what: 'switch on net.ipv4.ip_forward', signal});
  if (ready.ipForwardKept) return [{done: true, text: 'switched on net.ipv4.ip_forward'}];
  await mustRun(connection, keepForwarding(sysctlFile), {what: `write ${sysctlFile}`, signal});
  return [{done: true, text: `switched on net.ipv4.ip_forward (${sysctlFile})`}];
}

function managerOf({host}: Connection, facts: HostFacts, needs: readonly Need[]): PackageManager {
  if (facts.packageManager) return managers[facts.packageManager];
  throw new OutsideError({
    code: 'no-package-manager',
    message: `${host}: ${facts.os.name} has none of apt, dnf and apk, so ${needs.join(', ')} cannot be installed`,
    hint: `Install ${needs.join(', ')} by hand, then run niyanta host prepare ${host} again.`,
    host,
  });
}

function checkPlugins({host}: Connection, facts: HostFacts): void {
  const lacking = [...(facts.containerd ? [] : ['containerd']), ...missingPlugins(facts)];
  if (lacking.length === 0) return;
  throw new OutsideError({
    code: 'still-missing',
    message: `${host}: ${lacking.join(', ')} not found, although the packages are installed`,
    hint: 'CNI plugins are looked for in /usr/lib/cni and /opt/cni/bin, containerd in PATH.',
    host,
  });
}

async function ask<T>(connection: Connection, probe: Probe<T>, {signal}: PrepareOptions): Promise<T> {
  const {stdout} = await mustRun(connection, probe.command, {what: 'look at the host', signal});
  return probe.parse(stdout);
}
