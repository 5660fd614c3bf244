import type {ReleaseBook} from './executor/run-switch.ts';
import type {Plan, SwitchOperation} from './planner/plan.ts';
import {releasesNow} from './planner/releases.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import type {EnvironmentState, LockFile, ReleaseRecord} from './state/lock-file.ts';
import {updateOwn} from './update-own.ts';

type Releases = NonNullable<EnvironmentState['releases']>;

/** Keeps releases in the state while an apply is at them: where they are, and what others ask of them. */
export const releaseBook = ({store, environment}: Pick<Session, 'store' | 'environment'>): ReleaseBook => ({
  async note(services, now) {
    await updateOwn(store, lock =>
      withReleases(lock, environment, releases =>
        Object.fromEntries(
          Object.entries(releases).map(([service, record]) => [
            service,
            services.includes(service) ? {...record, ...now} : record,
          ]),
        ),
      ),
    );
  },
  async request(services) {
    const releases = (await store.read()).environments[environment]?.releases ?? {};
    return services.flatMap(service => releases[service]?.request?.what ?? [])[0];
  },
});

/** Changes the releases of an environment; those that an environment no longer has, it does not get back. */
export function withReleases(lock: LockFile, environment: string, change: (releases: Releases) => Releases): LockFile {
  const state = lock.environments[environment];
  if (!state) return lock;
  const releases = change(state.releases ?? {});
  return {...lock, environments: {...lock.environments, [environment]: {...state, releases}}};
}

/** The releases that are not at their end, as the hosts were seen; what is on one that does not answer counts as there. */
export const releasesSeen = (releases: EnvironmentState['releases'], observed: readonly ObservedHost[]) =>
  releasesNow(releases, (host, id) => {
    const seen = observed.find(one => one.host === host);
    if (!seen?.reachable) return seen !== undefined;
    return seen.containers.some(one => one.id === id && one.task !== 'gone' && one.manifest?.spec.id === id);
  });

/** The releases that a plan is going to make, beside those that it leaves alone. `at`: RFC 3339. */
export function releasesBefore(releases: EnvironmentState['releases'], plan: Plan, at: string): Releases {
  // Promoting and aborting bring to an end what is there.
  if (plan.purpose === 'promote' || plan.purpose === 'abort') return withoutRequests(releases ?? {});
  const made = plan.operations.flatMap(operation =>
    operation.kind === 'switch'
      ? operation.services.flatMap(service => recordOf(operation, service, releases?.[service], at))
      : [],
  );
  return {...releases, ...Object.fromEntries(made)};
}

/** What was asked of an apply that is gone is not done by another. */
const withoutRequests = (releases: Releases): Releases =>
  Object.fromEntries(Object.entries(releases).map(([service, {request: _, ...record}]) => [service, record]));

function recordOf(
  {strategy, to, from, weight, steps, stepsBefore, services, sticky}: SwitchOperation,
  service: string,
  before: ReleaseRecord | undefined,
  at: string,
): readonly (readonly [string, ReleaseRecord])[] {
  const of = (members: SwitchOperation['to']) => members.filter(member => member.service === service);
  // Without old replicas there is nothing to go back to.
  if (of(from).length === 0) return [];
  const count = stepsBefore + steps.length;
  const record: ReleaseRecord = {
    strategy,
    since: weight > 0 && before ? before.since : at,
    weight,
    ...(count > 0 && {...(stepsBefore > 0 && {step: stepsBefore}), steps: count}),
    phase: 'running',
    ...(sticky && {sticky}),
    together: services.filter(other => other !== service),
    new: of(to),
    old: of(from),
  };
  return [[service, record]];
}
