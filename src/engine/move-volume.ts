import type {ApplyEnd} from './apply-stack.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {appliedStack} from './environment-replicas.ts';
import {makePlan} from './plan-stack.ts';
import type {Plan} from './planner/plan.ts';
import {atHome} from './portable-stack.ts';
import {type RunChangeOptions, runChange} from './run-change.ts';
import {runScript} from './runtime/containers/host-script.ts';
import {deleteVolume} from './runtime/volumes.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {oneVolume, type VolumeOnHost, volumesNow} from './volumes-now.ts';

export interface MoveVolumeOptions
  extends LeaseOptions,
    Omit<RunChangeOptions, 'action' | 'onFailure' | 'keepFailed' | 'interrupted' | keyof LeaseOptions> {
  readonly volume: string;
  readonly to: string;
  /** Shown the plan; rejects when it is not agreed to. */
  readonly confirm: (plan: Plan) => Promise<void>;
}

/**
 * Moves a volume, and the service that writes to it, to another host: the service stops, its data is copied and
 * compared, it starts there; the old data is removed when it is healthy. Whatever fails before that, it runs again where
 * it was. Works on the stack as it was applied last. Errors: UserError `unknown-host`, `volume-there`, `not-running`.
 */
export function moveVolume(session: Session, options: MoveVolumeOptions): Promise<ApplyEnd> {
  return changeEnvironment(session, 'volume move', options, async change => {
    const {fleet, signal} = change;
    const known = (await session.store.read()).environments[session.environment];
    const applied = appliedStack(known);
    if (!applied) throw notApplied(session.environment);
    const stack = atHome(applied, session.project.directory);
    const of = movable(
      session,
      volumesNow(fleet.observed, {project: session.project.name, stack, environment: session.environment}),
      options,
      stack,
    );
    const own = {...session, stack};
    const move = {volume: of.volume, from: of.host, to: options.to};
    const {plan, images, secrets} = await makePlan(own, fleet, {
      ...options,
      purpose: 'apply',
      targets: [...new Set(of.users.map(({spec}) => spec.service))],
      pull: false,
      locked: false,
      build: false,
      move,
      signal,
      onProgress: () => undefined,
    });
    await options.confirm(plan);
    const targets = stack.services
      .map(({name}) => name)
      .filter(name => of.users.some(({spec}) => spec.service === name));
    const end = await runChange(
      own,
      change,
      {plan, images, secrets, stack, targets, volumes: false, moved: move},
      {...options, action: 'apply', onFailure: 'rollback', keepFailed: false},
    );
    if (end.result.outcome === 'applied') await runScript(fleet.changing(of.host), deleteVolume(of.path));
    return {plan, ...end};
  });
}

function movable(
  session: Session,
  all: readonly VolumeOnHost[],
  {volume, to}: MoveVolumeOptions,
  stack: Parameters<typeof oneVolume>[1],
): VolumeOnHost {
  if (!session.hosts.some(({name}) => name === to)) {
    const hint = `Hosts: ${session.hosts.map(({name}) => name).join(', ')}.`;
    throw new UserError({code: 'unknown-host', message: `the project has no host "${to}"`, hint});
  }
  const there = all.find(one => one.volume === volume && one.host === to);
  if (there) {
    throw new UserError({
      code: 'volume-there',
      message: `volume ${volume} is on ${to} already${there.users.length > 0 ? '' : ', though nothing uses it there'}`,
      hint:
        there.users.length > 0
          ? 'There is nothing to move.'
          : `If its data there is of no use, remove ${there.path} on ${to}.`,
      exit: 1,
    });
  }
  const of = oneVolume(all, stack, {volume});
  if (of.users.some(({running}) => running)) return of;
  throw new UserError({
    code: 'not-running',
    message: `no service with volume ${volume} runs: there is nothing that shows that its data is good on ${to}`,
    hint: 'Start it first: niyanta start',
    exit: 1,
  });
}

const notApplied = (environment: string): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment "${environment}" runs nothing`,
    hint: 'Apply a stack first: niyanta apply',
    exit: 1,
  });
