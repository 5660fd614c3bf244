import {clash} from '../ledger.ts';
import type {HostPort} from './request.ts';

/** Whether two ports cannot both be published on one worker. */
export const portsClash = (port: HostPort, {host, ...taken}: HostPort): boolean =>
  clash({...port, container: host}, {...taken, port: host});
