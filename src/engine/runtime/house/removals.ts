import {quote, render} from '../../hosts/command.ts';
import type {HostScript} from '../containers/host-script.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';

/**
 * Removes images by name, and waits until containerd has freed what nobody else has of them. One that a container was
 * made of meanwhile stays. Idempotent.
 */
export const removeImages = (names: readonly string[]): HostScript => ({
  what: 'remove images',
  text: [
    'set -eu',
    `used=$(${render(ctr('containers', 'ls'))})`,
    `used=$(printf '%s\\n' "$used" | awk 'NR > 1 {print $2}')`,
    'failed=0',
    ...names.flatMap(name => [
      `if printf '%s\\n' "$used" | grep -qxF -e ${quote(name)}; then :; else`,
      // containerd 1.6 says of one that is gone that it is not found, and ends with 0.
      `  ${render(ctr('images', 'rm', '--sync', name))} >/dev/null || failed=1`,
      'fi',
    ]),
    'exit $failed',
    '',
  ].join('\n'),
});

/** A scope or a copy's name is written by niyanta: letters, digits, dots, dashes. */
const plain = /^[A-Za-z0-9_.-]+$/;

/** Removes the numbers of leases of an environment that nobody knows any more. The last change made under one. */
export const removeFence = (scope: string): HostScript => ({
  what: `forget the number of the lease of ${scope}`,
  text: `set -eu\nrm -f ${[scope, `${scope}.new`, `${scope}.lock`, `${scope}.served`].map(name => quote(`${paths.fencesFolder}/${checked(name)}`)).join(' ')}\n`,
});

function checked(name: string): string {
  if (!plain.test(name) || name.includes('..')) throw new RangeError(`${JSON.stringify(name)} is no name of a scope`);
  return name;
}
