import {editProject, tryEdit} from './edit-project.ts';
import {connect, facts, type HostFacts, mustRun, type OfferedHostKey, type SshOptions} from './hosts/index.ts';
import {UserError} from './spec/errors.ts';
import {addHost as addHostTo, type HostFields, setHostField} from './spec/index.ts';
import type {Host, Project} from './spec/project.ts';

/** What a person says of a new host; the words of niyanta.yaml. */
export interface NewHost {
  readonly name: string;
  /** `address`, `user`, … as niyanta.yaml has them. None: a host that is there gets its key pinned anew. */
  readonly fields: HostFields;
  /** `SHA256:…`, when it is known from elsewhere: any other key is refused, and nobody is asked. */
  readonly fingerprint?: string;
}

export interface AddHostOptions {
  readonly ssh: SshOptions;
  /** Asks whether this is the host's own key; throws when it is not. Not called for keys that known_hosts has. */
  readonly confirmKey: (offered: OfferedHostKey, host: Host) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface AddedHost {
  readonly host: string;
  readonly address: string;
  /** Absent for this machine. */
  readonly hostKey?: string;
  readonly facts: HostFacts;
}

/**
 * Looks at a host's key, has it confirmed, logs in, and only then writes the host to niyanta.yaml with its key pinned.
 * Errors: UserError `host-exists`, `host-invalid`, `host-key-differs`, and those of connecting; then nothing is written.
 */
export async function addHost(project: Project, wanted: NewHost, options: AddHostOptions): Promise<AddedHost> {
  const {env} = options.ssh;
  const known = project.hosts.some(({name}) => name === wanted.name);
  const renews = known && Object.keys(wanted.fields).length === 0;
  if (!renews && wanted.fields.address === undefined && wanted.fields.local !== true) throw addressMissing(wanted.name);
  const edited = (hostKey?: string) => (text: string) =>
    renews
      ? setHostField(text, wanted.name, 'hostKey', hostKey)
      : addHostTo(text, wanted.name, {...wanted.fields, ...(hostKey === undefined ? {} : {hostKey})});
  const named = (among: Project): Host => among.hosts.find(({name}) => name === wanted.name)!;
  const host = named(await tryEdit(project, env, edited()));
  const hostKey = host.local ? undefined : await confirmedKey(host, wanted.fingerprint, options);
  const found = await lookAt(named(await tryEdit(project, env, edited(hostKey))), options);
  await editProject(project, env, edited(hostKey));
  return {
    host: host.name,
    address: host.local ? 'local' : (host.address ?? host.name),
    ...(hostKey === undefined ? {} : {hostKey}),
    facts: found,
  };
}

const addressMissing = (name: string): UserError =>
  new UserError({
    code: 'address-missing',
    message: `the new host ${name} has no address`,
    hint: `niyanta host add ${name} ADDRESS, or --local for this machine`,
  });

async function confirmedKey(host: Host, expected: string | undefined, options: AddHostOptions): Promise<string> {
  // Loaded only where a host is reached over SSH.
  const {offeredHostKey} = await import('./hosts/ssh-connect.ts');
  const pinned = expected?.replace(/=+$/, '');
  const offered = await offeredHostKey(host, {...options.ssh, signal: options.signal}, pinned);
  if (pinned !== undefined) {
    if (pinned === offered.fingerprint) return pinned;
    throw new UserError({
      code: 'host-key-differs',
      message: `${host.name}: its host key is ${offered.fingerprint} (${offered.type}), not ${expected}; nothing was sent and nothing written`,
      hint: 'Somebody may be listening in between. A host has a key of each type: compare with all of them (for f in /etc/ssh/*.pub; do ssh-keygen -lf $f; done).',
      exit: 1,
    });
  }
  if (!offered.known) await options.confirmKey(offered, host);
  return offered.fingerprint;
}

async function lookAt(host: Host, {ssh, signal}: AddHostOptions): Promise<HostFacts> {
  const connection = await connect(host, {...ssh, signal});
  try {
    const {stdout} = await mustRun(connection, facts.command, {what: 'look at the host', signal});
    return facts.parse(stdout);
  } finally {
    await connection.close();
  }
}
