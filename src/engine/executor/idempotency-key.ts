import type {Operation} from '../planner/plan.ts';
import {canonicalJson, shortHash, specHash} from '../runtime/hashes.ts';
import {toolkitHash} from '../runtime/toolkit/index.ts';

/**
 * What an operation is meant to bring about, as a key: its id and a hash of what shall be. The same intent has the same
 * key in every plan, also where containers get other ids; so a journal tells whether a later run asks for the same.
 */
export const idempotencyKey = (operation: Operation): string => `${operation.id}#${shortHash(intent(operation))}`;

function intent(operation: Operation): string {
  switch (operation.kind) {
    case 'host':
      return toolkitHash;
    case 'image':
      return operation.pinned?.digest ?? operation.label;
    case 'hook':
      return `${operation.when} ${specHash(operation.spec)}`;
    case 'container':
      return operation.spec ? `${operation.how} ${specHash(operation.spec)}` : 'removed';
    case 'switch':
      return canonicalJson([operation.services, operation.strategy, operation.steps, operation.promote]);
    case 'route':
      // Which containers answer is as given anew as their ids.
      return canonicalJson(operation.routes.routes.map(({upstreams: _, ...route}) => route));
    default: {
      // Why, and after what, is no part of what shall be.
      const {reason: _, after: __, changes: ___, bytes: ____, ...rest} = operation;
      return canonicalJson(rest);
    }
  }
}
