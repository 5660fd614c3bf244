import {specHash} from '../runtime/hashes.ts';
import type {ObservedContainer, ObservedHost} from '../runtime/observed.ts';
import {containerOf, type Inverse, type InverseStep} from './inverse.ts';
import type {RunStory} from './run-story.ts';

/** What there is to take back of one operation of an earlier run, as the hosts were seen now. */
export interface OperationToUndo {
  readonly id: string;
  readonly host: string;
  readonly after: readonly string[];
  readonly title: string;
  /** Empty when nothing of it is there any more. */
  readonly steps: Inverse;
  /** Why it is left as it is. */
  readonly left?: string;
}

/**
 * Holds what a run's journal says against what the hosts run: only what the run did, and what nobody changed since, is
 * taken back. All of the run's operations are in the answer, since their order matters.
 */
export function operationsToUndo(story: RunStory, observed: readonly ObservedHost[]): readonly OperationToUndo[] {
  const all = story.operations.map(({operation: {id, host, after, title, inverse}, story: what}) => {
    const untouched = what === 'not-begun' || what === 'undone';
    const {steps, left} = untouched ? {steps: []} : stillToDo(inverse, observed);
    return {id, host, after, title, steps, switches: isSwitch(inverse), ...(left === undefined ? {} : {left})};
  });
  const kept = keptBySwitches(all);
  return all.map(({switches: _, ...one}) =>
    kept.has(one.id) && one.steps.length > 0
      ? {...one, steps: [], left: 'requests go to it, and what served them before is gone'}
      : one,
  );
}

export const isSwitch = (inverse: Inverse): boolean => inverse.some(step => step.do === 'switch-back');

/** What a switch that has to be left was made for: its new replicas serve. */
function keptBySwitches(operations: readonly (OperationToUndo & {readonly switches: boolean})[]): ReadonlySet<string> {
  const kept = new Set(operations.flatMap(({switches, left, after}) => (switches && left !== undefined ? after : [])));
  for (const {id, after} of operations.toReversed()) if (kept.has(id)) for (const other of after) kept.add(other);
  return kept;
}

const runsOn = (observed: readonly ObservedHost[], {host, id}: {readonly host: string; readonly id: string}): boolean =>
  observed.some(
    one =>
      one.host === host && one.reachable && one.containers.some(other => other.id === id && other.task === 'running'),
  );

/** Steps that are still to be done; none, and why, when the operation has to be left as it is. */
export function stillToDo(
  inverse: Inverse,
  observed: readonly ObservedHost[],
): {readonly steps: Inverse; readonly left?: string} {
  const steps: InverseStep[] = [];
  for (const step of inverse) {
    const host = observed.find(one => one.host === step.host);
    if (!host?.reachable) return {steps: [], left: `host ${step.host} does not answer`};
    if (step.do === 'delete-volume' && step.copyOf !== undefined && !hasVolume(step.path, step.copyOf, observed))
      return {steps: [], left: `volume ${step.volume} on ${step.host} is the only one with its data`};
    const verdict = judge(
      step,
      observed,
      host.containers.find(({id}) => id === containerOf(step)),
      host.volumes,
    );
    // In part it would be worse than not at all: what it replaced may be gone for good.
    if (typeof verdict === 'string') return {steps: [], left: verdict};
    if (verdict) steps.push(step);
  }
  return {steps};
}

const hasVolume = (path: string, on: string, observed: readonly ObservedHost[]): boolean => {
  const host = observed.find(one => one.host === on);
  return host?.reachable === true && host.volumes.some(folder => path.endsWith(`/${folder}`));
};

/** Whether a step is to be done, or why the whole operation must be left. */
function judge(
  step: InverseStep,
  observed: readonly ObservedHost[],
  container: ObservedContainer | undefined,
  volumes: readonly string[],
): boolean | string {
  const found = container?.manifest && specHash(container.manifest.spec);
  switch (step.do) {
    case 'remove-container':
      if (found !== undefined && found !== step.specHash) return `someone changed ${step.id} since`;
      return container !== undefined;
    case 'stop-container':
      return container?.task === 'running' || container?.task === 'paused';
    case 'start-container':
      if (!container || container.task === 'gone') return `${step.id}, which ran before, is already removed`;
      if (found !== undefined && found !== specHash(step.spec)) return `someone changed ${step.id} since`;
      return container.task !== 'running';
    case 'write-manifest':
      if (!container || container.task === 'gone') return `${step.spec.id} is removed`;
      if (found === specHash(step.spec)) return false;
      return found === undefined || found === step.specHash || `someone changed ${step.spec.id} since`;
    case 'delete-volume':
      return volumes.some(folder => step.path.endsWith(`/${folder}`));
    case 'switch-back': {
      const gone = step.to.find(one => !runsOn(observed, one));
      return gone ? `${gone.id}, which got the requests before, does not run any more` : true;
    }
    default:
      return true;
  }
}
