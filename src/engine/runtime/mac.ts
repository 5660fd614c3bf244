/**
 * An address as a MAC, locally administered: what takes the address of a former one has its MAC too, so that no
 * neighbour talks to the dead one until its ARP entry expires.
 */
export const macOf = (address: string): string =>
  ['02', '6e', ...address.split('.').map(part => Number(part).toString(16).padStart(2, '0'))].join(':');
