import {withReleases} from './release-book.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {EnvironmentState} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';
import type {LeaseHolder} from './state/store.ts';
import {updateOwn} from './update-own.ts';

/** The services whose releases are not at their end, or the one that is asked for. Errors: UserError `no-release`. */
export function openReleases(
  known: EnvironmentState | undefined,
  environment: string,
  service: string | undefined,
): readonly string[] {
  const open = Object.keys(known?.releases ?? {});
  if (service === undefined ? open.length > 0 : open.includes(service)) return service === undefined ? open : [service];
  const others = service !== undefined && open.length > 0 ? ` (but of ${open.join(', ')})` : '';
  throw new UserError({
    code: 'no-release',
    message: `no release${service === undefined ? '' : ` of ${service}`} is open in environment "${environment}"${others}`,
    hint: 'A release is open after an apply of a service with update.promote: manual, and while a canary goes on.',
    exit: 1,
  });
}

export interface ReleaseRequest {
  readonly what: 'promote' | 'abort';
  /** All that are open when absent. */
  readonly service?: string | undefined;
  /** For people; user@machine when absent. */
  readonly by?: string;
  readonly now: () => Date;
}

/** Who is at releases, and of which services. */
export interface AskedRelease {
  readonly asked: LeaseHolder;
  readonly services: readonly string[];
}

/**
 * Leaves the apply that is at a release a request in the state, which it looks at every few seconds; undefined when no
 * apply is. Errors: UserError `no-release`.
 */
export async function askRunning(
  {store, environment}: Pick<Session, 'store' | 'environment'>,
  {what, service, by = ownerName(), now}: ReleaseRequest,
): Promise<AskedRelease | undefined> {
  const known = (await store.read()).environments[environment];
  const services = openReleases(known, environment, service);
  const running = services.filter(name => known?.releases?.[name]?.phase === 'running');
  const holder = await store.holder(environment);
  if (running.length === 0 || !holder) return undefined;
  const request = {what, by, at: now().toISOString()};
  await updateOwn(store, lock =>
    withReleases(lock, environment, releases =>
      Object.fromEntries(
        Object.entries(releases).map(([name, record]) => [
          name,
          running.includes(name) ? {...record, request} : record,
        ]),
      ),
    ),
  );
  return {asked: holder, services: running};
}
