import {notFound, scopeOf} from '../../coordinator/access/index.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Caller, Methods} from '../calls/caller.ts';
import type {ReleaseRequest, ServicesRequest} from '../messages.d.ts';
import {changeOf} from '../wire/environment.ts';
import {environmentId, serviceNames} from '../wire/read-environment.ts';
import {structOf} from '../wire/well-known.ts';
import {servedStacks} from './environments.ts';

type Names = 'ListReleases' | 'PromoteRelease' | 'AbortRelease' | 'StartServices' | 'StopServices' | 'RestartServices';

/** What is done to services of an environment as they were applied: releases brought to their end, starts and stops. */
export function environmentOperationMethods(reception: Reception): Pick<Methods, Names> {
  const environments = servedStacks(reception);

  const ends =
    (what: 'promote' | 'abort') =>
    async ({id, service}: ReleaseRequest, {who, actor}: Caller) => {
      const [of] = service === '' ? [] : serviceNames([service], 'service');
      const wish = {what, ...(of !== undefined && {service: of})};
      const row = await environments().endRelease(scopeOf(who), environmentId(id), wish, actor);
      if (!row) throw notFound('environment');
      return changeOf(row);
    };

  const operates =
    (verb: 'start' | 'stop' | 'restart') =>
    async ({id, services}: ServicesRequest, {who, actor}: Caller) => {
      const wish = {verb, ...(services.length > 0 && {services: serviceNames(services, 'services')})};
      const row = await environments().operate(scopeOf(who), environmentId(id), wish, actor);
      if (!row) throw notFound('environment');
      return changeOf(row);
    };

  return {
    async ListReleases({id}, {who}) {
      const status = await environments().releases(scopeOf(who), environmentId(id));
      if (!status) throw notFound('environment');
      return {status: structOf(JSON.parse(JSON.stringify(status)))};
    },
    PromoteRelease: ends('promote'),
    AbortRelease: ends('abort'),
    StartServices: operates('start'),
    StopServices: operates('stop'),
    RestartServices: operates('restart'),
  };
}
