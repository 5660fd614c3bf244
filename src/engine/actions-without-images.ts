import type {ChangingFleet} from './change-environment.ts';
import type {Actions} from './executor/actions.ts';
import {hostActions} from './executor/host-actions.ts';
import {Bug} from './spec/errors.ts';
import type {SecretValue} from './state/secret-value.ts';

export interface ActionsOptions {
  /** Of the routes that are written, by name. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
  /** For manifests: the serial that the state will have. */
  readonly serial: number;
  /** How many scripts that start or stop something run at once on a host. */
  readonly limitPerHost: number;
  readonly now: () => Date;
}

/** What can be done to hosts by those who start, stop, switch and take back, and bring no image anywhere. */
export const actionsWithoutImages = (fleet: ChangingFleet, options: ActionsOptions): Actions =>
  hostActions({
    ...options,
    connection: fleet.connection,
    changing: fleet.changing,
    observed: fleet.observed,
    localImages: new Map(),
    sites: new Map(),
    registryAccess: () => Promise.reject(new Bug('no image is pulled here')),
  });
