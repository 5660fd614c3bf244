import type {Workload} from '../../spec/workload.ts';
import {secretNames} from '../../state/secret-references.ts';
import type {CustomerId} from '../store/store.ts';

/** One thing of a workload that is not for keys of a customer; `path` as in its file. */
export interface BeyondCustomer {
  readonly path: readonly string[];
  readonly detail: string;
}

/**
 * What of a workload reaches beyond its own container: the host's files, capabilities that are not given to everybody, and
 * secrets that are not the customer's own, which are those named `CUSTOMER/…`. Only keys of the whole coordinator may.
 */
export function beyondCustomer({container}: Workload, customer: CustomerId): readonly BeyondCustomer[] {
  if (!container) return [];
  const secrets = (text: string) => secretNames([text]).filter(name => !name.startsWith(`${customer}/`));
  return [
    ...(container.mounts.length > 0 ? [{path: ['mounts'], detail: "mounts the host's own files"}] : []),
    ...(container.capabilities.add.length > 0
      ? [{path: ['capabilities', 'add'], detail: 'adds capabilities that containers do not have'}]
      : []),
    ...Object.entries(container.env).flatMap(([variable, text]) =>
      secrets(text).map(name => ({
        path: ['env', variable],
        detail: `refers to the secret ${name}; those of ${customer} are called ${customer}/…`,
      })),
    ),
  ];
}
