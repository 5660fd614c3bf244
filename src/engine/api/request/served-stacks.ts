import {Refusal} from '../../coordinator/access/index.ts';
import type {Environments} from '../../coordinator/environments/environments.ts';
import type {ApiParts} from '../api-parts.ts';

/** The stacks of a coordinator, asked for at each request. Errors: Refusal 503 where it serves none. */
export const servedStacks =
  ({coordinator}: ApiParts) =>
  (): Environments => {
    if (coordinator.environments) return coordinator.environments;
    throw new Refusal({status: 503, code: 'no-environments', detail: 'this coordinator serves no stacks'});
  };
