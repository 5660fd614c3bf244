import {z} from 'zod';
import {duration, memorySize, parseSize, portNumber} from './quantities.ts';
import {line} from './texts.ts';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

const host = z
  .string()
  .max(253)
  .transform(name => name.toLowerCase())
  .refine(
    name => HOST.test(name),
    'is not a name of a host: write shop.example, or *.shop.example for every name one level below it',
  );

const path = z
  .string()
  .regex(
    /^\/(?:[A-Za-z0-9._~!$'()+,;=:@-]+\/?)*$/,
    'must start with / and be a plain path, for example /api: no wildcards, no query, nothing percent-encoded',
  )
  .transform(written => (written === '/' ? written : written.replace(/\/$/, '')))
  .refine(written => !written.split('/').some(part => part === '.' || part === '..'), 'must not contain . or ..');

const bodySize = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(String(value));
  if (bytes !== undefined && bytes > 0) return bytes;
  context.addIssue('is not a size: write a number and a unit (Ki, Mi, Gi, k, M, G), for example 10Mi');
  return z.NEVER;
});

const tls = z.union([
  z.enum(['auto', 'internal', 'off']),
  z.strictObject({
    certificate: line.min(1).describe('PEM file, relative to this one: the certificate, then its chain.'),
    key: line
      .regex(
        /^\$\{secret:[A-Za-z_][A-Za-z0-9_]*\}$/,
        'must be a secret, ${secret:NAME}: a key in a file of the project would end up where it can be read',
      )
      .describe('Its private key, PEM, as ${secret:NAME}.'),
  }),
]);

const health = z.union([
  z.literal(false),
  z.strictObject({
    port: portNumber.optional().describe("Port to ask; the route's own by default."),
    path: line.startsWith('/', 'must start with /').default('/').describe('Path that answers 200 to 399 when healthy.'),
    interval: duration('100ms', '1h').prefault('2s').describe('Time from one check to the next.'),
    timeout: duration('100ms', '10m').prefault('2s').describe('How long one check may take.'),
  }),
]);

/** A route of a stack, as it is written. */
export const routeSchema = z.strictObject({
  host: host.optional().describe('Name that clients ask for; any that no other route has when not said.'),
  path: path.default('/').describe('Path, with everything below it; the longest that fits wins.'),
  service: z.string().describe('Service that answers.'),
  port: portNumber.describe('Port of its containers; need not be published.'),
  tls: tls
    .optional()
    .describe(
      'auto: certificates by ACME; internal: by an authority of the proxy itself; off: plain http; or your own. With a host auto, without one off, when not said.',
    ),
  redirect: z.boolean().default(true).describe('Send plain http to https, where there is TLS.'),
  stripPath: z.boolean().default(false).describe('The service sees requests without path.'),
  maxBody: bodySize.optional().describe('Largest body of a request, for example 10Mi; larger ones get 413.'),
  timeouts: z
    .strictObject({
      connect: duration('10ms', '10m').prefault('3s').describe('Until a replica takes the connection.'),
      answer: duration('10ms', '1d')
        .optional()
        .describe('Until the first byte of its answer; as long as it takes when not said.'),
    })
    .prefault({})
    .describe('How long a replica is waited for.'),
  health: health
    .optional()
    .describe("How the proxy checks replicas: the service's http health when not said; false for not at all."),
  retries: z
    .strictObject({
      for: duration('0s', '10m').prefault('5s').describe('How long; 0s for not at all.'),
      every: duration('1ms', '1m').prefault('100ms').describe('Pause between two tries.'),
    })
    .prefault({})
    .describe('Another replica is tried when one takes no connection, or fails a GET or HEAD request.'),
  sticky: z
    .union([
      z.boolean(),
      z.strictObject({
        cookie: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not a name of a cookie')
          .describe('Its name.'),
      }),
    ])
    .default(false)
    .describe('Keep a client at one replica by a cookie.'),
});

export type ParsedRoute = z.output<typeof routeSchema>;

const source = line.min(1, 'must not be empty');

/** The proxies of a project. */
export const proxySchema = z
  .strictObject({
    label: z
      .record(line.min(1), line)
      .refine(labels => Object.keys(labels).length > 0, 'must have at least one label')
      .default({proxy: 'true'})
      .describe('Hosts with these labels run a proxy when a stack has routes.'),
    image: source.optional().describe('Image of Caddy 2.6 or later; docker.io/library/caddy:2 when nothing is said.'),
    archive: source.optional().describe('The same as an OCI or docker archive on this machine, relative to this file.'),
    binary: z
      .string()
      .regex(/^\/[A-Za-z0-9._/-]+$/, 'must be an absolute path without spaces')
      .optional()
      .describe("The hosts' own Caddy, for example /usr/bin/caddy, in place of an image."),
    http: portNumber.default(80).describe('Port for plain http on the hosts.'),
    https: portNumber.default(443).describe('Port for TLS on the hosts.'),
    acme: z
      .strictObject({
        server: z
          .url({protocol: /^https$/})
          .optional()
          .describe('Directory of the authority; Let’s Encrypt when not said.'),
        email: line.optional().describe('Where it may write to.'),
        ca: source.optional().describe('PEM file with the certificate that the authority itself is trusted by.'),
      })
      .prefault({})
      .describe('How certificates are asked for, with tls: auto.'),
    memory: memorySize.optional().describe('Most memory that a proxy may take.'),
    log: z
      .strictObject({
        size: bodySize.prefault('10Mi').describe('A new file is begun at this size.'),
        files: z.int().min(1).max(100).default(3).describe('How many old ones are kept.'),
      })
      .prefault({})
      .describe('The access log on the hosts.'),
  })
  .superRefine((proxy, context) => {
    const given = (['image', 'archive', 'binary'] as const).filter(key => proxy[key] !== undefined);
    for (const key of given.slice(1)) {
      const message = `cannot stand beside ${given[0]}: a proxy comes from one place`;
      context.addIssue({code: 'custom', path: [key], message});
    }
    if (proxy.http === proxy.https)
      context.addIssue({code: 'custom', path: ['https'], message: 'must be another port than http'});
  });

export type ParsedProxy = z.output<typeof proxySchema>;
