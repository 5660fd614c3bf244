import {type ApplyEnd, unchanged} from './apply-stack.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import type {Plan} from './planner/plan.ts';
import {planDestroy} from './planner/plan-destroy.ts';
import {type RunChangeOptions, runChange} from './run-change.ts';
import {naming} from './runtime/naming.ts';
import {toolkitHash} from './runtime/toolkit/index.ts';
import type {Session} from './session.ts';
import type {Stack} from './spec/stack.ts';
import type {EnvironmentState} from './state/lock-file.ts';

export interface DestroyOptions
  extends Omit<LeaseOptions, 'signal'>,
    Omit<RunChangeOptions, 'action' | 'onFailure' | 'keepFailed' | 'interrupted'> {
  /** Remove the named volumes, with the data in them, as well. */
  readonly volumes: boolean;
  /** Shown the plan; rejects when it is not agreed to. Not asked when there is nothing to remove. */
  readonly confirm: (plan: Plan) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Removes an environment's containers and networks, and its volumes if told, in reverse order of needs. */
export function destroyStack(session: Session, options: DestroyOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, 'destroy', options, async change => {
    const {fleet} = change;
    const lock = await session.store.read();
    const state = lock.environments[session.environment];
    const plan = planDestroy(
      {
        project: {name: session.project.name, hosts: session.hosts, network: session.project.network},
        stack: lastStack(state) ?? {name: state?.stack ?? session.project.name, services: [], volumes: []},
        environment: session.environment,
        serial: lock.serial,
        lock: state,
        observed: fleet.observed,
        naming,
        toolkit: toolkitHash,
        options,
      },
      options,
    );
    if (plan.operations.length === 0) return unchanged(plan, lock);
    await options.confirm(plan);
    const end = await runChange(
      session,
      change,
      {plan, secrets: new Map(), targets: [], volumes: options.volumes},
      {...options, action: 'destroy', onFailure: 'continue', keepFailed: false},
    );
    return {plan, ...end};
  });
}

/** The stack of the newest apply: its needs give the order, even when its file is gone. */
const lastStack = (state: EnvironmentState | undefined): Stack | undefined =>
  state?.history.findLast(({stack}) => stack !== undefined)?.stack;
