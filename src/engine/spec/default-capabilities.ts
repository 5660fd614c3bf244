/** What containerd gives a container when nobody says anything (containerd/oci, defaultUnixCaps). */
export const containerdCapabilities: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

/**
 * Hardly a service needs these, and with them a container can make devices, send packets under another's address, and
 * write into the host's audit log.
 */
const seldomNeeded = ['MKNOD', 'NET_RAW', 'AUDIT_WRITE'];

/** What a container has when its service says nothing. */
export const defaultCapabilities: readonly string[] = containerdCapabilities.filter(
  name => !seldomNeeded.includes(name),
);
