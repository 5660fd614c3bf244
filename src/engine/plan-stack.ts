import {appliedStack} from './environment-replicas.ts';
import {commandsOf, type HostCommands} from './executor/commands-of.ts';
import type {Fleet} from './fleet.ts';
import {withFleet} from './fleet.ts';
import {foundOf} from './placements.ts';
import type {Plan} from './planner/plan.ts';
import type {PlanInput} from './planner/plan-input.ts';
import {planStack as planPurely} from './planner/plan-stack.ts';
import {refuseOverQuota} from './planner/quota.ts';
import {type ResolvedImages, resolveImages} from './resolve-images.ts';
import {unsupported} from './runtime/capabilities.ts';
import {naming} from './runtime/naming.ts';
import {toolkitHash} from './runtime/toolkit/index.ts';
import {secretsOfStack} from './secrets-of-stack.ts';
import type {StackSession} from './session.ts';
import {ruleFor} from './spec/environment-rules.ts';
import {UserError} from './spec/errors.ts';
import type {Service, Stack} from './spec/stack.ts';
import {suggest} from './spec/suggest.ts';
import {fingerprints} from './state/fingerprint.ts';
import type {EnvironmentState, LockFile, PinnedReference} from './state/lock-file.ts';
import type {SecretValue} from './state/secret-value.ts';

export interface PlanStackOptions {
  readonly targets?: readonly string[];
  /** Ask registries what tags mean now. */
  readonly pull: boolean;
  /** Refuse images that the lock file does not pin. */
  readonly locked: boolean;
  readonly maxUnreachable: number;
  /** Start replicas whose data may be left elsewhere when their host is unreachable. */
  readonly moveLost?: boolean;
  /** Containers to replace although they run. */
  readonly unhealthy?: PlanInput['options']['unhealthy'];
  readonly purpose: 'apply' | 'rollback';
  /** For a rollback: the images of then, by label. */
  readonly pins?: Readonly<Record<string, PinnedReference>>;
  /** Digests that win over what the lock file remembers, by label: another environment's, to promote. */
  readonly prefer?: Readonly<Record<string, PinnedReference>>;
  /** A volume that goes to another host. */
  readonly move?: PlanInput['options']['move'];
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** A plan with what it was made of, for those who go on to run it. */
export interface Planned {
  readonly plan: Plan;
  readonly lock: LockFile;
  readonly images: ResolvedImages;
  /** Values of the secrets that the stack refers to. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
}

/** Reads the lock file and the hosts and says what `apply` would change, and, when asked, by which commands. Changes nothing. */
export function planStack(
  session: StackSession,
  options: PlanStackOptions,
): Promise<{readonly plan: Plan; readonly commands: () => readonly HostCommands[]}> {
  return withFleet(session.hosts, {...options, ssh: session.ssh}, async fleet => {
    const {plan, images} = await makePlan(session, fleet, {...options, build: false, onProgress: () => undefined});
    const entrypoints = new Map([...images.local].map(([label, {config}]) => [label, config.entrypoint]));
    const {observed} = fleet;
    const {registries} = session.project;
    return {plan, commands: () => commandsOf(plan, {observed, entrypoints, registries, now: options.now()})};
  });
}

export interface MakePlanOptions extends PlanStackOptions {
  /** Build images that are not built yet. */
  readonly build: boolean;
  readonly onProgress: (label: string, message: string) => void;
}

/** As `planStack`, on hosts that are connected already. */
export async function makePlan(session: StackSession, fleet: Fleet, options: MakePlanOptions): Promise<Planned> {
  const {project, stack, environment} = session;
  checkTargets(stack, options.targets);
  refuseOverQuota(stack, environment, ruleFor(project.environments, environment));
  const lock = await session.store.read();
  const state = lock.environments[environment];
  checkOwner(session, fleet, state);
  const secrets = await secretsOfStack(session);
  const images = await placing(session, () =>
    resolveImages(session, [...stack.services, ...proxyImages(session)], fleet, state, options),
  );
  const input: PlanInput = {
    project: {name: project.name, hosts: session.hosts, network: project.network},
    stack,
    environment,
    serial: lock.serial,
    lock: state,
    replicas: new Map(appliedStack(state)?.services.map(({name, replicas}) => [name, replicas])),
    takenSubnets: takenSubnets(lock, environment),
    observed: fleet.observed,
    images: images.byService,
    secrets: await fingerprintsOf(lock.salt, project.name, secrets),
    ...(project.secrets.atRest === 'none' && {secretsAtRest: 'none' as const}),
    unsupported: unsupportedByHost(fleet, stack),
    toolkit: toolkitHash,
    naming,
    proxy: {settings: project.proxy, image: images.byService[proxyName]},
    options: {
      purpose: options.purpose,
      targets: options.targets,
      ...(options.move && {move: options.move}),
      maxUnreachable: options.maxUnreachable,
      moveLost: options.moveLost,
      ...(options.unhealthy && {unhealthy: options.unhealthy}),
      ...(session.server && {served: true}),
    },
  };
  const plan = await placing(session, () => planPurely(input));
  return {plan, lock, images, secrets};
}

/** No service can have this name. */
const proxyName = 'the proxy';

/** The proxy's image is found as those of services are, where there is something to serve. */
function proxyImages({project, stack}: StackSession): readonly Pick<Service, 'name' | 'image'>[] {
  const {source} = project.proxy;
  return stack.routes.length === 0 || source.kind === 'binary' ? [] : [{name: proxyName, image: source}];
}

/** Planning knows services, not files: what is refused about a service is told at its line. */
async function placing<T>({places}: StackSession, plan: () => T | Promise<T>): Promise<T> {
  try {
    return await plan();
  } catch (error) {
    const place = error instanceof UserError && error.service !== undefined && places?.get(error.service);
    throw place ? error.at(place) : error;
  }
}

async function fingerprintsOf(
  salt: string,
  project: string,
  secrets: ReadonlyMap<string, SecretValue>,
): Promise<Record<string, string>> {
  const fingerprint = fingerprints(salt, project);
  const pairs = [...secrets].map(async ([name, value]) => [name, await fingerprint(name, value)] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

function unsupportedByHost(fleet: Fleet, stack: Stack): PlanInput['unsupported'] {
  return Object.fromEntries(
    fleet.observed.flatMap(host => {
      if (!host.reachable || !host.facts.containerd) return [];
      const {version} = host.facts.containerd;
      return [
        [host.host, Object.fromEntries(stack.services.map(service => [service.name, unsupported(service, version)]))],
      ];
    }),
  );
}

const takenSubnets = (lock: LockFile, environment: string): string[] =>
  Object.entries(lock.environments).flatMap(([name, state]) =>
    name === environment ? [] : Object.values(state.subnets),
  );

/** An environment belongs to one stack at a time: another stack would delete its services, or run beside it unseen. */
function checkOwner({project, stack, environment}: StackSession, fleet: Fleet, state?: EnvironmentState): void {
  const running = foundOf(fleet.observed, project.name, environment).map(({manifest}) => manifest.spec.stack);
  const remembered = state && Object.values(state.placements).some(({length}) => length > 0) ? [state.stack] : [];
  const owner = [...running, ...remembered].find(name => name !== stack.name);
  if (owner === undefined) return;
  throw new UserError({
    code: 'environment-of-other-stack',
    message: `environment "${environment}" runs stack ${owner}, not ${stack.name}`,
    hint: `Choose another environment: --env ${stack.name}. Or remove what runs there: niyanta destroy${environment === 'default' ? '' : ` --env ${environment}`}`,
  });
}

/** Errors: UserError `unknown-service`. */
export function checkTargets(stack: Stack, targets: readonly string[] = []): void {
  const names = stack.services.map(({name}) => name);
  for (const target of targets) {
    if (names.includes(target)) continue;
    const near = suggest(target, names);
    throw new UserError({
      code: 'unknown-service',
      message: `stack ${stack.name} has no service "${target}"`,
      hint: near ? `Did you mean "${near}"?` : `Services: ${names.join(', ')}`,
    });
  }
}
