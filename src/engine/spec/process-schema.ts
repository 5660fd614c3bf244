import {z} from 'zod';
import {duration} from './quantities.ts';

const SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGRTMIN+3',
] as const;

const CAPABILITIES = [
  'ALL',
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'AUDIT_WRITE',
  'BLOCK_SUSPEND',
  'BPF',
  'CHECKPOINT_RESTORE',
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'IPC_LOCK',
  'IPC_OWNER',
  'KILL',
  'LEASE',
  'LINUX_IMMUTABLE',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'MKNOD',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_RAW',
  'PERFMON',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYSLOG',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_CHROOT',
  'SYS_MODULE',
  'SYS_NICE',
  'SYS_PACCT',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'WAKE_ALARM',
] as const;

const capability = z.preprocess(
  value => (typeof value === 'string' ? value.toUpperCase().replace(/^CAP_/, '') : value),
  z.enum(CAPABILITIES),
);

/** Linux capabilities (capabilities(7)), with or without CAP_; without it afterwards. */
export const capabilitiesSchema = z.strictObject({
  add: z.array(capability).default([]).describe('Capabilities on top of the usual ones, such as NET_RAW for ping.'),
  drop: z.array(capability).default([]).describe('Capabilities to take away; ALL takes all.'),
});

/** A signal by its name, with or without SIG; with it afterwards. */
export const signal = z.preprocess(value => (typeof value === 'string' ? signalName(value) : value), z.enum(SIGNALS));

/** How a replica is stopped. */
export const stopSchema = z.strictObject({
  signal: signal.prefault('SIGTERM').describe('Signal that asks it to end.'),
  grace: duration('0s', '1h').prefault('10s').describe('Time from the signal to SIGKILL.'),
});

const signalName = (text: string): string => (/^sig/i.test(text) ? text.toUpperCase() : `SIG${text.toUpperCase()}`);
