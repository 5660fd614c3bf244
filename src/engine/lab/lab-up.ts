import {mkdirSync, readdirSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {UserError} from '../spec/errors.ts';
import {type CgroupMode, cgroupMode} from './cgroups.ts';
import {readHierarchies} from './host-cgroups.ts';
import {writeHostFiles} from './host-files.ts';
import {initProcess, powerOff, powerOn} from './host-power.ts';
import {type Lab, type LabHost, type Release, releases} from './lab.ts';
import {labDirectory, readLab, readLabs, writeLab} from './lab-files.ts';
import {hasLabNetwork, makeLabNetwork, numberIsAnothers, removeLabNetwork} from './lab-network.ts';
import {mustRun} from './machine.ts';
import {withMachineLock} from './machine-lock.ts';
import {freeNumber, hostAddress, hostName, mostHosts, numbersInUse, numbersRouted} from './names.ts';
import {requireLinuxRoot, requirePrograms} from './requirements.ts';
import {ensureRoot, requireRoots} from './roots.ts';
import {newSshKey, type SshKey} from './ssh-key.ts';

export interface LabUpOptions {
  readonly name: string;
  /** How many hosts: h1, h2, … */
  readonly hosts: number;
  /** One for all, `mixed` for one of each in turn, or one a host. Default bookworm. */
  readonly release?: Release | 'mixed' | readonly Release[];
  /** Boots systemd in them. Default: no. */
  readonly systemd?: boolean;
  /** With containerd. Default: yes. */
  readonly prepared?: boolean;
  /** Debian packages for a new lab's hosts beside those that they have anyway. */
  readonly extra?: readonly string[];
  readonly onProgress?: (text: string) => void;
}

type Shape = Pick<LabHost, 'name' | 'release' | 'systemd' | 'prepared'>;

/**
 * Brings a lab up: makes it, or switches on again what is off of the one that is there. Needs Linux and root.
 * UserErrors: `lab-needs-linux-root`, `lab-name`, `lab-differs`, `lab-half-made`, `lab-hosts`, `no-debian-mirror`.
 */
export async function labUp(options: LabUpOptions): Promise<Lab> {
  const onProgress = options.onProgress ?? (() => {});
  const directory = labDirectory(options.name);
  requireLinuxRoot();
  const shapes = hostShapes(options);
  requireBootable(shapes, cgroupMode(readHierarchies()));
  await requirePrograms(['ip', 'unshare', 'nsenter'], onProgress);
  return withMachineLock(`lab/${directory}`, async () => {
    const existing = readLab(options.name);
    if (existing) return switchOn(sameShape(existing, shapes), onProgress);
    return makeLab(options.name, directory, shapes, options.extra ?? [], onProgress);
  });
}

/** `bookworm`, `mixed` or `bookworm,sid` as people write it; anything else is a UserError `lab-release`. */
export function parseReleases(text: string): NonNullable<LabUpOptions['release']> {
  if (text === 'mixed') return 'mixed';
  return text.split(',').map(word => {
    const release = releases.find(one => one === word.trim());
    if (release) return release;
    throw new UserError({
      code: 'lab-release',
      message: `--release ${text}: a lab has no release "${word.trim()}"`,
      hint: `Use ${releases.join(', ')} or mixed.`,
    });
  });
}

/** The hosts that the options ask for. */
export function hostShapes(options: Omit<LabUpOptions, 'name' | 'onProgress'>): Shape[] {
  if (!Number.isInteger(options.hosts) || options.hosts < 1 || options.hosts > mostHosts) {
    throw new UserError({code: 'lab-hosts', message: `a lab has 1 to ${mostHosts} hosts, not ${options.hosts}`});
  }
  const release = options.release ?? 'bookworm';
  const each: readonly Release[] = release === 'mixed' ? releases : typeof release === 'string' ? [release] : release;
  return Array.from({length: options.hosts}, (_, index) => ({
    name: hostName(index),
    release: each[index % each.length]!,
    systemd: options.systemd ?? false,
    prepared: options.prepared ?? true,
  }));
}

/** systemd 258 and later, as in sid, do not boot without cgroup v2; a UserError `lab-systemd-cgroup` there. */
export function requireBootable(shapes: readonly Shape[], mode: CgroupMode): void {
  const host = shapes.find(shape => shape.systemd && shape.release === 'sid');
  if (!host || mode === 'v2') return;
  throw new UserError({
    code: 'lab-systemd-cgroup',
    message: `the systemd of sid boots with cgroup v2 only, and this machine has ${mode}`,
    hint: 'Use --release bookworm or trixie with --systemd, or sid without it.',
  });
}

async function makeLab(
  name: string,
  directory: string,
  shapes: readonly Shape[],
  extra: readonly string[],
  onProgress: (text: string) => void,
): Promise<Lab> {
  const roots = new Map<Shape, string>();
  for (const shape of shapes) roots.set(shape, await ensureRoot({...shape, extra}, onProgress));
  const loginKey = newSshKey(`niyanta-lab-${name}`);
  const hostKeys = new Map<string, SshKey>(shapes.map(shape => [shape.name, newSshKey(shape.name)]));
  const lab = await withMachineLock('number', async () => {
    const number = await chooseNumber();
    const planned: Lab = {
      name,
      number,
      directory,
      createdAt: new Date().toISOString(),
      identityFile: join(directory, 'id_ed25519'),
      hosts: shapes.map((shape, index) => ({
        ...shape,
        address: hostAddress(number, index),
        hostKey: hostKeys.get(shape.name)!.fingerprint,
        root: roots.get(shape)!,
      })),
      complete: false,
    };
    // Written before anything is made, so that `lab down` knows what to look for whatever happens.
    writeLab(planned);
    await makeLabNetwork(planned);
    return planned;
  });
  await writeFile(lab.identityFile, loginKey.privateKey, {mode: 0o600});
  await writeFile(`${lab.identityFile}.pub`, loginKey.publicKey);
  for (const host of lab.hosts) await writeHostFiles(lab, host, hostKeys.get(host.name)!, loginKey);
  const complete = {...lab, complete: true};
  await startAll(lab, lab.hosts, onProgress);
  writeLab(complete);
  return complete;
}

/** After a restart of this machine, or of hosts that were killed. */
async function switchOn(lab: Lab, onProgress: (text: string) => void): Promise<Lab> {
  if (numberIsAnothers(lab)) {
    throw new UserError({
      code: 'lab-number-taken',
      message: `the subnet of the lab "${lab.name}" was taken by a lab of someone else while it was off`,
      hint: `Make it anew: niyanta lab down --name ${lab.name}, then niyanta lab up`,
    });
  }
  const off = lab.hosts.filter(host => initProcess(lab, host) === undefined);
  if (off.length === 0) return lab;
  requireRoots(lab);
  for (const host of off) await powerOff(lab, host);
  if (!hasLabNetwork(lab)) {
    await removeLabNetwork(lab);
    await makeLabNetwork(lab);
  }
  await startAll(lab, off, onProgress);
  return lab;
}

async function startAll(lab: Lab, hosts: readonly LabHost[], onProgress: (text: string) => void): Promise<void> {
  onProgress(`starting ${hosts.map(host => host.name).join(', ')}`);
  const started = await Promise.allSettled(hosts.map(host => powerOn(lab, host)));
  for (const one of started) if (one.status === 'rejected') throw one.reason;
}

function sameShape(lab: Lab, shapes: readonly Shape[]): Lab {
  const text = (list: readonly Shape[]) =>
    list
      .map(({name, release, systemd, prepared}) =>
        [name, release, systemd && 'systemd', !prepared && 'bare'].filter(Boolean).join(' '),
      )
      .join(', ');
  const hint = `Remove it first: niyanta lab down --name ${lab.name}`;
  if (!lab.complete) {
    throw new UserError({code: 'lab-half-made', message: `the lab "${lab.name}" was left half-made`, hint});
  }
  if (text(lab.hosts) !== text(shapes)) {
    const message = `the lab "${lab.name}" exists and is different: it has ${text(lab.hosts)}; asked for was ${text(shapes)}`;
    throw new UserError({code: 'lab-differs', message, hint});
  }
  return lab;
}

/** A number that no lab, device or route of this machine has. */
async function chooseNumber(): Promise<number> {
  mkdirSync('/run/netns', {recursive: true});
  const devices = [...readdirSync('/sys/class/net'), ...readdirSync('/run/netns')];
  const routes = JSON.parse((await mustRun(['ip', '-json', '-4', 'route', 'show', 'table', 'all'])) || '[]') as {
    dst: string;
  }[];
  const labs = readLabs().map(lab => lab.number);
  const number = freeNumber(
    new Set([...numbersInUse(devices), ...numbersRouted(routes.map(route => route.dst)), ...labs]),
  );
  if (number !== undefined) return number;
  throw new UserError({
    code: 'lab-subnets-used-up',
    message: 'every subnet of 10.200.0.0/16 is in use on this machine',
    hint: 'niyanta lab ls shows the labs; niyanta lab down --name NAME removes one',
  });
}
