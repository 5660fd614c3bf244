import type {Session} from './session.ts';
import type {ReleaseRecord} from './state/lock-file.ts';
import type {LeaseHolder} from './state/store.ts';

/** Releases of an environment that are not at their end. */
export interface ReleaseStatus {
  readonly environment: string;
  readonly releases: readonly (ReleaseRecord & {
    readonly service: string;
    /** running: an apply is at it. interrupted: one was, and ended before its end. open: it waits for people. */
    readonly state: 'running' | 'interrupted' | 'open';
  })[];
  /** Whose apply is at them. */
  readonly holder?: LeaseHolder;
}

/** Reads what releases are going on, and who is at them. Changes nothing. */
export async function releaseStatus({store, environment}: Session, service?: string): Promise<ReleaseStatus> {
  const releases = (await store.read()).environments[environment]?.releases ?? {};
  const holder = await store.holder(environment);
  return {
    environment,
    releases: Object.entries(releases)
      .filter(([name]) => service === undefined || name === service)
      .map(([name, record]) => ({
        service: name,
        state: record.phase === 'open' ? 'open' : holder ? 'running' : 'interrupted',
        ...record,
      })),
    ...(holder && {holder}),
  };
}
