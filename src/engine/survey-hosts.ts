import {earlierRun} from './earlier-run.ts';
import type {Fleet} from './fleet.ts';
import {type Connection, mustRun, type Probe} from './hosts/index.ts';
import type {GcPlan} from './planner/gc/gc-plan.ts';
import {type GcOptions, planGc} from './planner/gc/plan-gc.ts';
import type {HousedHost} from './planner/gc/scopes.ts';
import {storedBytes, volumeSizes} from './runtime/house/measure.ts';
import {survey} from './runtime/house/survey.ts';
import {naming} from './runtime/naming.ts';
import type {ObservedHost, ReachableHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import {OutsideError} from './spec/errors.ts';
import type {EnvironmentName} from './spec/stack.ts';
import {parseCopy} from './state/environment-copy.ts';
import type {LockFile} from './state/lock-file.ts';

/** What the hosts have that no state knows, as a plan, and the hosts that it was made of. */
export interface FoundOrphans {
  readonly plan: GcPlan;
  readonly hosts: readonly HousedHost[];
  readonly lock: LockFile;
}

/** As long as it may take to add up the files of a volume. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Asks the hosts what they have and holds it against the state. Changes nothing. `observed`: what was just seen of them.
 * Errors: UserError `gc-state-empty`, `gc-state-behind`, `gc-state-strange`; OutsideError `observation-cut`.
 */
export async function findOrphans(
  session: Session,
  fleet: Fleet,
  observed: readonly ObservedHost[],
  {now, signal, ...options}: GcOptions & {readonly now: Date; readonly signal?: AbortSignal},
): Promise<FoundOrphans> {
  const reachable = observed.filter((host): host is ReachableHost => host.reachable && runsContainerd(host));
  const unreachable = observed.flatMap(host => (host.reachable ? withoutContainerd(host) : [host]));
  const hosts = await Promise.all(reachable.map(host => surveyed(host, fleet, signal)));
  const lock = await session.store.read();
  const interrupted = await interruptedEnvironments(session, Object.keys(lock.environments));
  const project = session.project.name;
  const planOf = (housed: readonly HousedHost[]) =>
    planGc({project, lock, hosts: housed, unreachable, naming, now, interrupted, options});
  const measured = await Promise.all(hosts.map(host => withSizes(host, planOf(hosts), fleet, signal)));
  return {plan: planOf(measured), hosts: measured, lock};
}

/** Only what the plan is about is measured: to add up a volume takes as long as it has files. */
async function withSizes(
  housed: HousedHost,
  {remove, kept}: GcPlan,
  fleet: Fleet,
  signal?: AbortSignal,
): Promise<HousedHost> {
  const {observed, house} = housed;
  const folders = [...remove, ...kept].flatMap(one =>
    one.host === observed.host && 'folder' in one && one.folder !== undefined ? [one.folder] : [],
  );
  if (folders.length === 0) return housed;
  const sizes = await ask(fleet.connection(observed.host), volumeSizes(folders), 'measure volumes', signal);
  const volumes = house.volumes.map(volume => {
    const bytes = volume.empty ? undefined : sizes.get(volume.folder);
    return bytes === undefined ? volume : {...volume, bytes};
  });
  const aside = house.aside.map(one => {
    const bytes = sizes.get(one.folder);
    return bytes === undefined ? one : {...one, bytes};
  });
  return {...housed, house: {...house, volumes, aside}};
}

/** Bytes that images take on the hosts that were looked at. */
export async function storedOn(fleet: Fleet, hosts: readonly HousedHost[], signal?: AbortSignal): Promise<number> {
  const all = await Promise.all(
    hosts.map(({observed}) => ask(fleet.connection(observed.host), storedBytes, 'measure images', signal)),
  );
  return all.reduce((sum, bytes) => sum + bytes, 0);
}

const ask = async <T>(
  connection: Connection,
  {command, parse}: Probe<T>,
  what: string,
  signal?: AbortSignal,
): Promise<T> => parse((await mustRun(connection, command, {what, timeoutMs: TIMEOUT_MS, signal})).stdout);

const runsContainerd = ({facts}: ReachableHost): boolean => facts.containerd?.running ?? false;

/** Who does not say what runs cannot be judged. */
const withoutContainerd = (host: ReachableHost): Extract<ObservedHost, {reachable: false}>[] =>
  runsContainerd(host) ? [] : [{host: host.host, reachable: false, error: 'containerd does not run there'}];

async function surveyed(observed: ReachableHost, fleet: Fleet, signal?: AbortSignal): Promise<HousedHost> {
  const {host} = observed;
  const house = await ask(fleet.connection(host), survey(host), 'look at what is kept there', signal);
  if (!house) {
    throw new OutsideError({
      code: 'observation-cut',
      message: `${host}: the answer about what is kept there was cut short`,
      hint: 'Run the same command again; if it stays so, see what containerd says there: journalctl -u containerd',
      host,
      transient: true,
    });
  }
  return {observed, house, copies: house.copies.flatMap(line => parseCopy(line) ?? [])};
}

/** Those whose last run did not get to its end: its containers are not in the state yet, and are wanted. */
async function interruptedEnvironments(
  session: Session,
  environments: readonly EnvironmentName[],
): Promise<ReadonlySet<EnvironmentName>> {
  const found = await Promise.all(
    environments.map(async environment => ((await earlierRun({...session, environment})) ? [environment] : [])),
  );
  return new Set(found.flat());
}
