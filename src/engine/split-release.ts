import {actionsWithoutImages} from './actions-without-images.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {openReleases} from './open-releases.ts';
import {releaseBook, withReleases} from './release-book.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {appendHistory} from './state/history.ts';
import {ownerName} from './state/process-identity.ts';
import {routeSecrets, trafficNow} from './traffic-now.ts';
import {updateOwn} from './update-own.ts';

export interface SplitOptions extends LeaseOptions {
  readonly service: string;
  /** Percent of the requests that the new replicas get. */
  readonly weight: number;
  /** A visitor stays with the replica that answered first. */
  readonly sticky: boolean;
  readonly now: () => Date;
}

export interface SplitEnd {
  readonly service: string;
  readonly weight: number;
  readonly sticky: boolean;
  /** Whose proxies have acknowledged it. */
  readonly proxies: readonly string[];
  readonly serial: number;
}

/**
 * Splits the requests to a service between the two sides of its open release: on all proxies, or on none.
 * Errors: UserError `no-release`, `split-without-route`.
 */
export function splitRelease(session: Session, options: SplitOptions): Promise<SplitEnd> {
  const {service, weight, sticky} = options;
  return changeEnvironment(session, `route split ${service}`, options, async ({fleet}) => {
    const lock = await session.store.read();
    const known = lock.environments[session.environment];
    openReleases(known, session.environment, service);
    const record = known!.releases![service]!;
    const actions = actionsWithoutImages(fleet, {
      secrets: await routeSecrets(session, fleet.observed),
      serial: lock.serial + 1,
      limitPerHost: 4,
      now: options.now,
    });
    const traffic = trafficNow(fleet.observed, session, lock, actions);
    const proxies = traffic.routes.hosts();
    if (!traffic.routes.leadsTo(service)) throw withoutRoute(service);
    await traffic.weigh({to: record.new}, weight, sticky);
    await releaseBook(session).note([service], {weight, phase: 'open'});
    const after = await updateOwn(session.store, now => {
      const state = now.environments[session.environment]!;
      const history = appendHistory(state.history, {
        serial: now.serial + 1,
        at: options.now().toISOString(),
        who: ownerName(),
        action: 'split',
        outcome: 'applied',
        summary: `${service}: old ${100 - weight}%, new ${weight}%${sticky ? ', sticky' : ''}`,
      });
      const split = withReleases(now, session.environment, releases => ({
        ...releases,
        [service]: {...releases[service]!, sticky},
      }));
      const environment = {...split.environments[session.environment]!, history};
      return {...split, environments: {...split.environments, [session.environment]: environment}};
    });
    return {service, weight, sticky, proxies, serial: after.serial};
  });
}

const withoutRoute = (service: string): UserError =>
  new UserError({
    code: 'split-without-route',
    message: `no proxy has a route to ${service}, and only proxies can split requests`,
    hint: 'Add a route to it in the stack, and apply.',
    exit: 1,
  });
