import {checkFiles} from './doctor-files.ts';
import {checkHost} from './doctor-host.ts';
import {checkMachine} from './doctor-machine.ts';
import {checkOrphans} from './doctor-orphans.ts';
import type {SshOptions} from './hosts/index.ts';
import {lookAtHosts} from './look-at-host.ts';
import type {StackChoice} from './open-project.ts';

/** One thing that doctor looked at. */
export interface DoctorCheck {
  /** `this machine`, `files`, `host h1`. */
  readonly subject: string;
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed';
  /** What was found. */
  readonly found?: string;
  /** What to do about it. */
  readonly fix?: string;
}

export interface DoctorOptions {
  readonly ssh: SshOptions;
  readonly signal?: AbortSignal;
}

/** Looks at this machine, the files and the hosts, and says of each thing whether it is in order. Changes nothing. */
export async function doctor(choice: StackChoice, {ssh, signal}: DoctorOptions): Promise<DoctorCheck[]> {
  const {checks, opened} = await checkFiles(choice);
  const machine = await checkMachine(opened, choice.env);
  const hosts = opened ? await lookAtHosts(opened.hosts, {ssh, signal}) : [];
  const orphans = await checkOrphans(opened, {ssh, env: choice.env, signal});
  return [...machine, ...checks, ...hosts.flatMap(checkHost), ...orphans];
}
