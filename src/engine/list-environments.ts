import {conditionOf, servicesOf} from './environment-condition.ts';
import {replicasOf} from './environment-replicas.ts';
import type {EnvironmentStatus} from './environment-status.ts';
import {isExpired} from './expiry.ts';
import {type Fleet, withFleet} from './fleet.ts';
import {healthOf} from './replica-health.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {didYouMean} from './spec/suggest.ts';
import type {EnvironmentState, LockFile} from './state/lock-file.ts';

/** One environment as `env ls` shows it. */
export interface EnvironmentRow {
  readonly environment: string;
  readonly stack: string;
  readonly state: EnvironmentStatus['state'];
  readonly why: string;
  /** Replicas that run, of those that should. */
  readonly replicas: {readonly running: number; readonly desired: number};
  /** RFC 3339; the last change, when there was one. */
  readonly changedAt?: string;
  /** When it was made by command: the environment that it is like. */
  readonly from?: string;
  /** RFC 3339; never when absent. */
  readonly expires?: string;
  readonly expired: boolean;
}

/** One environment with its services, subnets and last changes, as `env show` shows it. */
export interface EnvironmentDetails extends EnvironmentRow {
  readonly services: readonly {
    readonly service: string;
    readonly running: number;
    readonly desired: number;
    readonly stopped: boolean;
    /** Hosts that it was placed on. */
    readonly hosts: readonly string[];
  }[];
  /** CIDR of the environment on each host. */
  readonly subnets: Readonly<Record<string, string>>;
}

interface Asking {
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** Every environment that was applied or made by command, sorted by name, as it is now. Hosts that do not answer are left out. */
export function listEnvironments(session: Session, asking: Asking): Promise<readonly EnvironmentRow[]> {
  return lookAt(session, asking, (lock, fleet) =>
    Promise.all(
      Object.keys(lock.environments)
        .sort()
        .map(async environment => {
          const {services: _, subnets: __, ...row} = await detailsOf(session, lock, environment, fleet, asking);
          return row;
        }),
    ),
  );
}

/** The session's environment. Errors: UserError `unknown-environment`. */
export function showEnvironment(session: Session, asking: Asking): Promise<EnvironmentDetails> {
  const {environment} = session;
  return lookAt(session, asking, (lock, fleet) => detailsOf(session, lock, environment, fleet, asking), environment);
}

async function lookAt<T>(
  session: Session,
  {signal}: Asking,
  use: (lock: LockFile, fleet: Fleet) => Promise<T>,
  wanted?: string,
): Promise<T> {
  const lock = await session.store.read();
  if (wanted !== undefined) knownEnvironment(lock, wanted);
  return withFleet(session.hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh: session.ssh}, fleet =>
    use(lock, fleet),
  );
}

/** What the state says of an environment. Errors: UserError `unknown-environment`. */
export function knownEnvironment({environments}: Pick<LockFile, 'environments'>, name: string): EnvironmentState {
  if (Object.hasOwn(environments, name)) return environments[name]!;
  const names = Object.keys(environments).sort();
  throw new UserError({
    code: 'unknown-environment',
    message: `environment "${name}" was never applied${didYouMean(name, names)}`,
    hint: names.length > 0 ? `Environments: ${names.join(', ')}.` : 'There is none yet: niyanta apply',
  });
}

async function detailsOf(
  {project}: Session,
  {environments}: LockFile,
  environment: string,
  fleet: Fleet,
  {now}: Asking,
): Promise<EnvironmentDetails> {
  const known = environments[environment]!;
  const replicas = replicasOf(fleet.observed, {project: project.name, environment, known});
  const healths = await Promise.all(replicas.map(replica => healthOf(replica, fleet, now)));
  const health = new Map(replicas.map((replica, index) => [replica, healths[index]!]));
  const services = servicesOf(replicas, replica => health.get(replica)!, known);
  const total = (count: (service: (typeof services)[number]) => number) =>
    services.reduce((sum, service) => sum + count(service), 0);
  const changedAt = known.history.at(-1)?.at;
  return {
    environment,
    stack: known.stack,
    ...conditionOf(replicas, replica => health.get(replica)!, known),
    replicas: {running: total(({good, starting}) => good + starting), desired: total(({wanted}) => wanted)},
    ...(changedAt === undefined ? {} : {changedAt}),
    ...(known.made ? {from: known.made.from} : {}),
    ...(known.expires ? {expires: known.expires.at} : {}),
    expired: isExpired(known, now()),
    services: services.map(({service, good, starting, wanted, stopped}) => ({
      service,
      running: good + starting,
      desired: wanted,
      stopped,
      hosts: hostsOf(service),
    })),
    subnets: known.subnets,
  };

  function hostsOf(service: string): string[] {
    const hosts = replicas.flatMap(one => (one.service === service && one.host !== undefined ? [one.host] : []));
    return [...new Set(hosts)].sort();
  }
}
