import {UserError} from '../engine/spec/errors.ts';

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9465`, `[::1]:9465`; port 0 takes a free one. Errors: UserError `usage`. */
export function parseAddress(text: string): Address {
  const [, host, port] = /^(\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return {host: host.replace(/^\[|\]$/g, ''), port: Number(port)};
  const message = `${JSON.stringify(text)} must be HOST:PORT`;
  throw new UserError({code: 'usage', message, hint: 'For example 127.0.0.1:9465'});
}
