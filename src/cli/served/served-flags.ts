import {Flags} from '@oclif/core';
import type {OpenedProject} from '../../engine/open-project.ts';
import {UserError} from '../../engine/spec/errors.ts';
import type {CommandContext} from '../engine-command.ts';
import {openServer} from '../workloads/server.ts';
import type {ServedEnvironment} from './served-environment.ts';

/** Through a coordinator that serves the environment, in place of SSH from here. */
export const servedFlags = {
  server: Flags.string({
    summary: 'Coordinator that serves the environment (niyanta serve); its key in NIYANTA_API_KEY. Empty: none.',
    helpValue: 'URL',
    env: 'NIYANTA_SERVER',
  }),
};

/** The same, for commands that may make an environment. */
export const servedStackFlags = {
  ...servedFlags,
  customer: Flags.string({
    summary: 'With --server: whose a new environment is.',
    helpValue: 'ID',
    dependsOn: ['server'],
  }),
};

interface ServedFlagValues {
  readonly server?: string;
  readonly customer?: string;
  readonly project?: string;
  readonly env: string;
}

/** The environment at the server that flags name; undefined: none is named, and all is done from here. */
export async function servedEnvironment(
  flags: ServedFlagValues,
  context: CommandContext,
  signal: AbortSignal,
): Promise<ServedEnvironment | undefined> {
  if (!flags.server) return undefined;
  const client = await openServer({server: flags.server});
  const {openProjectOnly} = await import('../../engine/open-project.ts');
  const {ServedEnvironment} = await import('./served-environment.ts');
  const {project}: OpenedProject = await openProjectOnly({
    cwd: context.cwd,
    env: context.env,
    ...(flags.project !== undefined && {project: flags.project}),
  });
  const {customer} = flags;
  return new ServedEnvironment({
    client,
    project: project.name,
    environment: flags.env,
    ...(customer !== undefined && {customer}),
    signal,
  });
}

/** Errors: UserError `not-for-servers` for flags that mean something only where all is done from here. */
export function refuseWithServer(flags: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const given = names.filter(name => flags[name] === true || typeof flags[name] === 'string');
  if (given.length === 0) return;
  throw new UserError({
    code: 'not-for-servers',
    message: `${given.map(name => `--${name}`).join(', ')} cannot be had through a coordinator`,
    hint: 'Leave it out, or work from here with --server "" (an environment that a coordinator serves refuses that).',
  });
}
