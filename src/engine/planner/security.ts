import type {ContainerSpec} from '../runtime/container-spec.ts';
import {defaultCapabilities} from '../spec/default-capabilities.ts';
import type {ServiceName} from '../spec/stack.ts';
import type {SecurityNote} from './plan.ts';
import type {Sorted} from './reconcile.ts';

/** What a container is given beyond the defaults: a name for programs, and words for people. */
export type Loosening = Omit<SecurityNote, 'service'>;

/** Folders of the host whose content is as good as root there, whoever can write to it, or often even read. */
const sensitive: readonly (readonly [string, string])[] = [
  ['/run/containerd', "containerd's socket is root on the host"],
  ['/var/run/docker.sock', "docker's socket is root on the host"],
  ['/run/docker.sock', "docker's socket is root on the host"],
  ['/var/lib/containerd', 'every container of the host'],
  ['/var/lib/niyanta', "niyanta's own files: manifests, volumes and secrets of all containers"],
  ['/run/niyanta', "niyanta's own files: secrets of all containers"],
  ['/proc', 'the processes of the host'],
  ['/sys', "the host's kernel settings"],
  ['/dev', 'the devices of the host'],
  ['/etc', 'the settings of the host, its password hashes and keys'],
  ['/root', "root's own files on the host"],
  ['/boot', 'what the host boots'],
  ['/usr', 'the programs of the host'],
  ['/run', "sockets of the host's services"],
  ['/var/run', "sockets of the host's services"],
];

/** Files below them that containers usually get, and that tell nothing. */
const harmless = new Set(['/etc/localtime', '/etc/timezone', '/etc/machine-id', '/etc/hosts', '/etc/resolv.conf']);
const harmlessFolders = ['/etc/ssl/certs', '/usr/share'];

/**
 * What a service's spec loosens of the defaults (containerd's seccomp profile, few capabilities, no new privileges, no
 * files of the host). Ports below 1024 are no privilege here: the host forwards them.
 */
export function loosened(
  spec: Pick<ContainerSpec, 'capabilities' | 'seccomp' | 'noNewPrivileges' | 'mounts'>,
): readonly Loosening[] {
  return [
    ...beyondDefault(spec.capabilities.add).map(name => ({
      what: 'capability',
      value: name,
      text: name === 'ALL' ? 'has all capabilities: it is root on the host' : `has the capability ${name}`,
    })),
    ...(spec.seccomp === 'unconfined'
      ? [{what: 'seccomp', value: 'unconfined', text: 'may make every system call (seccomp: unconfined)'}]
      : []),
    ...(spec.noNewPrivileges
      ? []
      : [
          {
            what: 'new-privileges',
            value: 'true',
            text: 'may gain privileges by setuid programs (noNewPrivileges: false)',
          },
        ]),
    ...spec.mounts.flatMap(({source, readOnly}) => {
      const why = whySensitive(source);
      const how = readOnly ? 'reads' : 'reads and writes';
      return why === undefined
        ? []
        : [
            {
              what: 'host-mount',
              value: readOnly ? `${source}:ro` : source,
              text: `${how} ${source} of the host: ${why}`,
            },
          ];
    }),
  ];
}

/** With or without CAP_, as older stacks in the history have them. */
const beyondDefault = (add: readonly string[]): readonly string[] =>
  add.map(name => name.toUpperCase().replace(/^CAP_/, '')).filter(name => !defaultCapabilities.includes(name));

function whySensitive(source: string): string | undefined {
  if (source === '/') return 'everything on it';
  if (harmless.has(source) || harmlessFolders.some(folder => within(source, folder))) return undefined;
  // A folder above one of them holds it, too.
  return sensitive.find(([folder]) => within(source, folder) || (source !== '/' && within(folder, source)))?.[1];
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** What services are loosened by this plan that they are not now, each once, in the order of services. */
export function securityNotes(sorted: readonly Sorted[]): readonly SecurityNote[] {
  const notes = new Map<string, SecurityNote>();
  for (const {spec, replica} of sorted) {
    if (!spec) continue;
    const before = new Set(replica.current?.manifest ? loosened(replica.current.manifest.spec).map(keyOf) : []);
    for (const one of loosened(spec)) {
      if (before.has(keyOf(one))) continue;
      notes.set(`${replica.service} ${keyOf(one)}`, {service: replica.service, ...one});
    }
  }
  const all = [...notes.values()];
  const services: readonly ServiceName[] = [...new Set(all.map(({service}) => service))];
  return services.flatMap(name => all.filter(({service}) => service === name));
}

const keyOf = ({what, value}: Loosening): string => `${what} ${value}`;
