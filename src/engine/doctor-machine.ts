import {access, constants} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import type {DoctorCheck} from './doctor.ts';
import type {OpenedFiles} from './doctor-files.ts';
import {firstTool} from './runtime/images/build-image.ts';
import {UserError} from './spec/errors.ts';
import type {Host} from './spec/project.ts';

type Found = Omit<DoctorCheck, 'subject'>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Node, a way to build images when the stack builds some, and a key to log in with when hosts are reached over SSH. */
export async function checkMachine(opened: OpenedFiles | undefined, env: Environment): Promise<DoctorCheck[]> {
  const found = [checkNode(process.versions.node)];
  if (opened?.stack?.services.some(({image}) => image.kind === 'build')) found.push(await checkBuildTool(env));
  const remote = opened?.hosts.filter(host => !host.local) ?? [];
  if (remote.length > 0) found.push(await checkKeys(remote, env));
  return found.map(check => ({subject: 'this machine', ...check}));
}

/** As `engines` in package.json. */
const oldestNode = [22, 18] as const;

/** Whether this Node runs niyanta. */
export function checkNode(version: string): Found {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (enough) return {check: 'Node', status: 'ok', found: version};
  const wanted = oldestNode.join('.');
  return {check: 'Node', status: 'failed', found: version, fix: `Install Node ${wanted} or later.`};
}

async function checkBuildTool(env: Environment): Promise<Found> {
  try {
    return {check: 'build tool', status: 'ok', found: await firstTool(env.PATH)};
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {check: 'build tool', status: 'failed', found: error.message, ...(error.hint ? {fix: error.hint} : {})};
  }
}

async function checkKeys(hosts: readonly Host[], env: Environment): Promise<Found> {
  const check = 'SSH keys';
  const named = [...new Set(hosts.flatMap(({identityFile}) => identityFile ?? []))];
  const unreadable = await lacking(named);
  if (unreadable.length > 0) {
    const fix = 'Correct identityFile in niyanta.yaml, or make a key: ssh-keygen -t ed25519';
    return {check, status: 'failed', found: `cannot read ${unreadable.join(', ')}`, fix};
  }
  const folder = join(env.HOME ?? homedir(), '.ssh');
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => join(folder, name));
  const missing = await lacking(defaults);
  const present = defaults.filter(file => !missing.includes(file));
  const all = [...named, ...present, ...(env.SSH_AUTH_SOCK ? ['the agent'] : [])];
  if (all.length > 0) return {check, status: 'ok', found: all.join(', ')};
  const fix = 'Make one (ssh-keygen -t ed25519) and copy it to the hosts (ssh-copy-id), or set identityFile.';
  // ~/.ssh/config may name one; the hosts' own checks tell whether it is taken.
  return {check, status: 'warning', found: `none in ${folder}, and no agent`, fix};
}

async function lacking(files: readonly string[]): Promise<string[]> {
  const checks = files.map(file =>
    access(file, constants.R_OK).then(
      () => [],
      () => [file],
    ),
  );
  return (await Promise.all(checks)).flat();
}
