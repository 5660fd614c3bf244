import {appliedStack} from './environment-replicas.ts';
import {imageLabel} from './image-label.ts';
import {atHome, portable} from './portable-stack.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {Service, Stack} from './spec/stack.ts';
import {stackText} from './stack-text.ts';
import {findSerial} from './state/history.ts';
import type {EnvironmentState, PinnedReference} from './state/lock-file.ts';

/** Two texts with the names that they go by. */
export interface StackDifference {
  readonly before: NamedText;
  readonly after: NamedText;
}

interface NamedText {
  readonly name: string;
  readonly text: string;
}

export interface DiffOptions {
  /** Serial of the history; what was applied last when absent. */
  readonly from?: number;
  /** Serial of the history; the files when absent. */
  readonly to?: number;
  /** Reads the files; asked only without `to`. */
  readonly files: () => Promise<Stack>;
}

/**
 * What ran before beside what the files say now, or two serials beside each other, each in the words of a stack file.
 * Asks no host. Errors: UserError `unknown-serial`, `serial-too-old`, and what is wrong with the files.
 */
export async function diffStack(session: Session, {from, to, files}: DiffOptions): Promise<StackDifference> {
  const known = (await session.store.read()).environments[session.environment];
  return {
    before: from === undefined ? lastApplied(session, known) : atSerial(session, known, from),
    after: to === undefined ? named(session, 'files', await files(), known?.images) : atSerial(session, known, to),
  };
}

function lastApplied(session: Session, known: EnvironmentState | undefined): NamedText {
  const stack = appliedStack(known);
  const entry = known?.history.findLast(candidate => candidate.stack === stack);
  if (!stack || !entry) return {name: 'nothing applied', text: ''};
  return named(session, `serial ${entry.serial}`, stack, entry.images);
}

function atSerial(session: Session, known: EnvironmentState | undefined, serial: number): NamedText {
  if (!known) {
    throw new UserError({
      code: 'unknown-serial',
      message: `environment "${session.environment}" has no history`,
      hint: 'Apply a stack first: niyanta apply',
    });
  }
  const entry = findSerial(known.history, serial);
  return named(session, `serial ${serial}`, entry.stack, entry.images);
}

function named(
  {project}: Session,
  name: string,
  stack: Stack,
  pins: Readonly<Record<string, PinnedReference>> = {},
): NamedText {
  const {directory} = project;
  // Paths as the lock file has them, relative to the project; the files give absolute ones.
  const here = new Map(atHome(stack, directory).services.map(service => [service.name, service]));
  const digestOf = ({name: service}: Service) => pins[imageLabel(here.get(service)!, directory)]?.digest;
  return {name, text: stackText(portable(atHome(stack, directory), directory), digestOf)};
}
