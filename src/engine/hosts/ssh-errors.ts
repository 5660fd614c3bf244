import {OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Identity} from './identities.ts';

interface At {
  readonly name: HostName;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

/** A host that could not be connected to. Transient: it may be booting. */
export const unreachable = ({name, address, port}: At, why: string, cause?: unknown): OutsideError =>
  new OutsideError({
    code: 'host-unreachable',
    message: `${name}: cannot connect to ${address}, port ${port}: ${why}`,
    hint: 'See whether it is up and its address is right: niyanta doctor. Or go on without it: --allow-unreachable',
    host: name,
    transient: true,
    cause,
  });

/** None of our identities was taken. */
export function authenticationFailed(
  {name, user, address}: At,
  tried: readonly Identity[],
  cause: Error,
): OutsideError {
  const names = tried.map(identity => (identity.type === 'agent' ? 'the agent' : identity.file));
  return new OutsideError({
    code: 'authentication-failed',
    message: `${name}: ${address} does not let ${user} in with ${names.length > 0 ? names.join(', ') : 'nothing (no identity was found)'}`,
    hint: `Copy a public key there (ssh-copy-id ${user}@${address}), or set user and identityFile in niyanta.yaml.`,
    host: name,
    cause,
  });
}
