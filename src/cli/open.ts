import {buffer} from 'node:stream/consumers';
import type {OpenedProject, OpenedStack, StackChoice} from '../engine/open-project.ts';
import type {Session} from '../engine/session.ts';
import {atEnd} from './at-end.ts';
import type {CommandContext} from './engine-command.ts';
import {parseParams} from './params.ts';
import {passphraseAsker} from './passphrase.ts';

interface ProjectFlagValues {
  readonly project?: string;
  readonly state?: string;
  readonly env?: string;
}

interface StackFlagValues extends ProjectFlagValues {
  readonly file?: readonly string[];
  readonly param?: readonly string[];
}

/** The files, environment and parameters that `stackFlags` and `projectFlags` tell. */
export const stackChoice = (flags: StackFlagValues, context: CommandContext): StackChoice => ({
  cwd: context.cwd,
  env: context.env,
  project: flags.project,
  state: flags.state,
  files: flags.file,
  environment: flags.env,
  params: parseParams(flags.param),
  stdin: () => buffer(process.stdin),
  made: async (name, project) => {
    const {madeEnvironment} = await import('../engine/made-environment.ts');
    return madeEnvironment(name, project, context.env, passphraseAsker(context));
  },
});

/** What `stackFlags` and `projectFlags` ask for, read and checked. Loads the engine only now: `--help` stays fast. */
export async function openStack(flags: StackFlagValues, context: CommandContext): Promise<OpenedStack & Session> {
  const {openProject} = await import('../engine/open-project.ts');
  const {openSession} = await import('../engine/session.ts');
  const opened = await openProject(stackChoice(flags, context));
  return closing(await openSession(opened, context.env, passphraseAsker(context)));
}

/** The project alone, for commands that read no stack. */
export async function openOnlyProject(
  flags: ProjectFlagValues,
  context: CommandContext,
): Promise<OpenedProject & Session> {
  const {openProjectOnly} = await import('../engine/open-project.ts');
  const {openSession} = await import('../engine/session.ts');
  const opened = await openProjectOnly({
    cwd: context.cwd,
    env: context.env,
    project: flags.project,
    state: flags.state,
  });
  return closing(await openSession({...opened, environment: flags.env}, context.env, passphraseAsker(context)));
}

function closing<T extends Session>(session: T): T {
  atEnd(() => session.store.close());
  return session;
}
