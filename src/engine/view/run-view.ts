import type {EarlierRun} from '../earlier-run.ts';
import type {RunStory} from '../executor/run-story.ts';
import type {OperationToUndo} from '../executor/undo-check.ts';
import {printable} from './printable.ts';
import {counted} from './quantities-view.ts';

const done = ({operations}: RunStory): number => operations.filter(({story}) => story === 'done').length;

/** `the apply of ada@desk at 2026-01-02T03:04:05Z was interrupted after 5 of 12 operations`. */
export const interruptedText = (story: RunStory): string =>
  printable(
    `the ${story.begin.action} of ${story.begin.who} at ${story.begin.at} was ${story.outcome === 'cancelled' ? 'cancelled' : 'interrupted'} after ${done(story)} of ${counted(story.operations.length, 'operation')}`,
  );

/** Told by a change that goes on from one that was interrupted. */
export const earlierText = (earlier: EarlierRun): string =>
  'interrupted' in earlier
    ? `${interruptedText(earlier.interrupted)}; this one goes on from what the hosts run`
    : printable(`${earlier.unreadable.message}; this one goes by what the hosts run`);

/** What --resume and --undo found in the journal, in a few lines. */
export function foundText(story: RunStory): string {
  const {begin, operations} = story;
  const inDoubt = operations.filter(one => one.story === 'in-doubt');
  const hosts = [...new Set(operations.map(({operation}) => operation.host))].sort();
  const ended = story.outcome === undefined ? 'it did not get to its end' : `it ended: ${story.outcome}`;
  const lines = [
    `found run ${begin.run}: ${begin.action} by ${begin.who}, begun ${begin.at}, on ${hosts.join(', ') || 'no host'}; ${ended}`,
    `  ${done(story)} of ${counted(operations.length, 'operation')} done, ${inDoubt.length} in doubt`,
    ...inDoubt.map(({operation}) => `  in doubt: ${operation.title}`),
    ...(story.committing ? ['  it had begun to remove what it replaced'] : []),
    ...(story.undoing ? ['  someone had begun to take it back'] : []),
  ];
  return lines.map(line => printable(line)).join('\n');
}

/** The same for --json, as the first line of output; `run` is null when there is none. */
export const foundJson = (story: RunStory | undefined): object =>
  story === undefined
    ? {type: 'found', run: null}
    : {
        type: 'found',
        run: story.begin.run,
        action: story.begin.action,
        at: story.begin.at,
        who: story.begin.who,
        outcome: story.outcome ?? null,
        operations: story.operations.map(({operation, story: state}) => ({
          id: operation.id,
          key: operation.key,
          title: operation.title,
          host: operation.host,
          state,
        })),
      };

/** Why there is nothing to resume. */
export const nothingInterrupted = (story: RunStory | undefined): string =>
  story === undefined
    ? 'Nothing was interrupted: this environment has no run in its journal.'
    : printable(
        `Nothing was interrupted: the last ${story.begin.action}, of ${story.begin.who} at ${story.begin.at}, ended: ${story.outcome}.`,
      );

/** What --undo is going to do, an operation a line, and what it leaves. */
export const undoLines = (operations: readonly OperationToUndo[]): readonly string[] =>
  operations.toReversed().flatMap(({title, steps, left, host}) => {
    const did = steps.map(stepText).join(', ');
    if (left !== undefined) return [printable(`  left: ${title}: ${left}`)];
    return steps.length > 0 ? [printable(`  undo: ${title}: ${did} (${host})`)] : [];
  });

function stepText(step: OperationToUndo['steps'][number]): string {
  switch (step.do) {
    case 'remove-container':
      return `remove ${step.id}`;
    case 'stop-container':
      return `stop ${step.id}`;
    case 'start-container':
      return `start ${step.id} again`;
    case 'write-manifest':
      return `put back the manifest of ${step.spec.id}`;
    case 'switch-back':
      return `send requests to ${step.to.map(({id}) => id).join(', ')} again`;
    case 'delete-volume':
      return `delete volume ${step.volume}, if it is empty`;
    case 'connect-network':
      return `put back its part of the network`;
    case 'disconnect-network':
      return `take it out of the network`;
    case 'write-routes':
      return step.routes.routes.length > 0 ? 'put back its routes' : 'take its routes away';
    case 'ensure-proxy':
      return step.proxy ? 'put back its proxy' : 'remove its proxy';
  }
}

const ended = {
  undone: 'Taken back',
  'partly-undone': 'Taken back in part',
  'undo-failed': 'Taking back failed',
} as const;

/** How --undo ended, what was left, and what to do about it. */
export function undoneText(end: {
  readonly outcome: keyof typeof ended;
  readonly undone: readonly string[];
  readonly left: readonly string[];
  readonly environment: string;
  readonly serial: number;
}): string {
  const head = `${ended[end.outcome]}: ${counted(end.undone.length, 'operation')}, environment ${end.environment}, serial ${end.serial}.`;
  const advice = {
    undone: [],
    'partly-undone': ['  → niyanta rollback runs what an earlier apply ran; niyanta apply what the stack says'],
    'undo-failed': ['  → see niyanta ps, then: niyanta apply --undo, once more'],
  }[end.outcome];
  return [head, ...end.left.map(text => `  left: ${text}`), ...advice].map(line => printable(line)).join('\n');
}
