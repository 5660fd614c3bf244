import {type ApplyEnd, type ApplyStackOptions, applyStack} from './apply-stack.ts';
import {lastApplied} from './diff-environments.ts';
import {knownEnvironment, showEnvironment} from './list-environments.ts';
import {atHome, portable} from './portable-stack.ts';
import type {Session, StackSession} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {stackText} from './stack-text.ts';
import type {EnvironmentState} from './state/lock-file.ts';

export interface PromoteOptions extends Omit<ApplyStackOptions, 'purpose' | 'saved' | 'locked' | 'pull' | 'targets'> {
  /** What is promoted. */
  readonly from: EnvironmentName;
  /** What the files say now of the environment that is promoted. */
  readonly fromFiles: () => Promise<Stack>;
  /** Go on although it is not as it should be, or the files have moved on since. */
  readonly force: boolean;
}

/**
 * Applies to the session's environment what runs in another one: each service has the image of there, by digest, and
 * everything else is this environment's own, as the files say. Errors: UserError `promote-unhealthy`,
 * `promote-files-moved`, `environment-not-applied`, `unknown-environment`, and those of an apply.
 */
export async function promoteEnvironment(session: StackSession, options: PromoteOptions): Promise<ApplyEnd> {
  const {from, force, now, signal} = options;
  const state = knownEnvironment(await session.store.read(), from);
  const {stack, images = {}, serial} = lastApplied(from, state);
  if (!force) {
    await refuseUnhealthy({...session, environment: from}, {now, signal});
    // What became of a restore says nothing about what is promoted: images.
    const last = state.history.findLast(({action}) => action !== 'volume-restore');
    if (last?.outcome !== 'applied') throw unhealthy(from, 'its last change did not end well');
    refuseMoved(session, from, tried(state) ?? stack, await options.fromFiles());
  }
  const there = new Map(atHome(stack, session.project.directory).services.map(service => [service.name, service]));
  const promoted: Stack = {
    ...session.stack,
    services: session.stack.services.map(service => ({
      ...service,
      image: there.get(service.name)?.image ?? service.image,
    })),
  };
  return applyStack(
    {...session, stack: promoted},
    {...options, purpose: 'apply', pull: false, locked: false, prefer: images, promoted: {from, serial}},
  );
}

async function refuseUnhealthy(session: Session, asking: Parameters<typeof showEnvironment>[1]): Promise<void> {
  const {environment, state, why, services} = await showEnvironment(session, asking);
  if (state !== 'running' || services.some(({stopped}) => stopped))
    throw unhealthy(environment, `it is ${state}: ${why}`);
}

const unhealthy = (environment: EnvironmentName, why: string): UserError =>
  new UserError({
    code: 'promote-unhealthy',
    message: `environment "${environment}" is not promoted: ${why}`,
    hint: `See niyanta env show ${environment}; --force promotes it as it is.`,
    exit: 1,
  });

/** As the files said it: other numbers of replicas are `niyanta scale`'s, and no other files. */
const tried = ({history}: EnvironmentState): Stack | undefined =>
  history.findLast(({stack, action}) => stack !== undefined && action !== 'scale')?.stack;

/** What is promoted was tried with its own files: others would come along untried. */
function refuseMoved({project}: Session, from: EnvironmentName, applied: Stack, files: Stack): void {
  const nothing = () => undefined;
  const text = (stack: Stack) => stackText(portable(atHome(stack, project.directory), project.directory), nothing);
  if (text(applied) === text(files)) return;
  throw new UserError({
    code: 'promote-files-moved',
    message: `the files say something else of environment "${from}" than what runs there: that was not tried there`,
    hint: `See niyanta diff --env ${from}; apply it there first, take the files of then, or --force.`,
    exit: 1,
  });
}
