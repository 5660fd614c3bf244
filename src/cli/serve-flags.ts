import {Flags} from '@oclif/core';
import {UserError} from '../engine/spec/errors.ts';
import {hasPasswordInClear} from '../engine/spec/state-location.ts';

/** A PostgreSQL database. What is typed is seen by everybody who lists processes: no password in clear in it. */
export const databaseFlag = Flags.string({
  summary: 'PostgreSQL in place of the embedded database, for several coordinators: postgres://USER@HOST/DATABASE.',
  description: 'The password as ${secret:NAME}; or all of it in NIYANTA_DATABASE, where it may stand in clear.',
  helpValue: 'URL',
  env: 'NIYANTA_DATABASE',
  parse: async text => {
    if (text === process.env.NIYANTA_DATABASE || !hasPasswordInClear(text)) return text;
    throw new UserError({
      code: 'password-in-clear',
      message: 'there is a password in it, which everybody sees who lists the processes of this machine',
      hint: 'Write ${secret:NAME} in its place, in single quotes; or set NIYANTA_DATABASE.',
    });
  },
});

/** Address and port of the API. */
export const listenFlag = Flags.custom<{readonly host: string; readonly port: number}>({
  helpValue: 'HOST:PORT',
  summary: 'Where the API listens.',
  env: 'NIYANTA_LISTEN',
  default: {host: '127.0.0.1', port: 8460},
  defaultHelp: async () => '127.0.0.1:8460',
  parse: async text => {
    const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:/]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host !== undefined && Number(port) <= 65_535) return {host, port: Number(port)};
    throw new UserError({
      code: 'listen-invalid',
      message: `${JSON.stringify(text)} is not an address to listen on`,
      hint: 'Write HOST:PORT, for example 127.0.0.1:8460 or [::1]:8460; port 0 takes a free one.',
    });
  },
})();

/** The API over TLS; both or none. */
export const tlsFlags = {
  'tls-cert': Flags.string({
    summary: 'Certificate of the API and what is between it and its root, PEM; without it, no TLS.',
    helpValue: 'FILE',
    env: 'NIYANTA_TLS_CERT',
    dependsOn: ['tls-key'],
  }),
  'tls-key': Flags.string({
    summary: 'Key of the certificate, PEM.',
    helpValue: 'FILE',
    env: 'NIYANTA_TLS_KEY',
    dependsOn: ['tls-cert'],
  }),
};

export const tlsOf = (flags: {readonly 'tls-cert'?: string; readonly 'tls-key'?: string}) =>
  flags['tls-cert'] !== undefined && flags['tls-key'] !== undefined
    ? {cert: flags['tls-cert'], key: flags['tls-key']}
    : undefined;
