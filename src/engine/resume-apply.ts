import {type ApplyEnd, type ApplyStackOptions, applyUnderLease} from './apply-stack.ts';
import {type Change, changeEnvironment} from './change-environment.ts';
import {destroyUnderLease} from './destroy-stack.ts';
import {runToGoOn} from './earlier-run.ts';
import {isUnfinished, type RunStory} from './executor/run-story.ts';
import {atHome} from './portable-stack.ts';
import type {Session} from './session.ts';
import {Bug, UserError} from './spec/errors.ts';

export interface ResumeOptions
  extends Omit<ApplyStackOptions, 'purpose' | 'saved' | 'locked' | 'pull' | 'pins' | 'targets' | 'onEarlier'> {
  /** Id of the run; the last one when absent. */
  readonly run?: string;
  /** Told what was found, before anything is planned; undefined when the environment has no run. */
  readonly onFound: (story: RunStory | undefined) => void;
}

/** How it ended; `end` is absent when there was nothing to go on with. */
export interface ResumeEnd {
  readonly found?: RunStory;
  readonly end?: ApplyEnd;
}

/**
 * Goes on with the run that was interrupted: brings the environment to what that run was for, with the images it had,
 * whatever the files say now. What the hosts run decides what is left to do.
 * Errors: UserError `unknown-run`, `run-superseded`, `resume-by-command`, `journal-newer`.
 */
export function resumeApply(session: Session, options: ResumeOptions): Promise<ResumeEnd> {
  return changeEnvironment(session, 'apply --resume', options, async change => {
    const story = await runToGoOn(session, options.run);
    options.onFound(story);
    if (!story || !isUnfinished(story)) return {found: story};
    return {found: story, end: await goOn(session, story, options, change)};
  });
}

function goOn(session: Session, {begin}: RunStory, options: ResumeOptions, change: Change): Promise<ApplyEnd> {
  const {action, stack, images, services, volumes} = begin;
  // It is told by `onFound` already.
  const onEarlier = () => undefined;
  if (action === 'destroy') return destroyUnderLease(session, {...options, onEarlier, volumes}, change);
  if (action !== 'apply' && action !== 'rollback' && action !== 'scale') throw byCommand(begin);
  if (!stack) throw new Bug(`run ${begin.run} has no stack`);
  const then = {...session, stack: atHome(stack, session.project.directory)};
  return applyUnderLease(
    then,
    {...options, onEarlier, ...purposeOf(action), pull: false, locked: false, pins: images, targets: services},
    change,
  );
}

const purposeOf = (action: 'apply' | 'rollback' | 'scale') =>
  action === 'scale' ? ({purpose: 'apply', action} as const) : {purpose: action};

/** A start, stop or restart is done again by the same command, which knows what is done already. */
export function byCommand({action, services}: RunStory['begin']): UserError {
  const verb = action === 'promote' || action === 'abort' ? `release ${action}` : action;
  const words = [verb, ...services].join(' ');
  return new UserError({
    code: 'resume-by-command',
    message: `what was interrupted is no apply but: niyanta ${words}`,
    hint: `Run that again: niyanta ${words}`,
    exit: 1,
  });
}
