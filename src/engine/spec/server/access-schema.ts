import {z} from 'zod';
import {dnsName} from '../names.ts';
import {duration} from '../quantities.ts';
import {line} from '../texts.ts';

const role = z.enum(['admin', 'operator', 'customer', 'viewer']);

const client = z
  .strictObject({
    role: role.describe('What it may do.'),
    customer: dnsName('a customer').optional().describe('Whose rows it sees; of the whole coordinator when not said.'),
    scopes: z
      .array(line.regex(/^[a-z]+:(?:read|write)$/, 'must be such as workloads:read'))
      .optional()
      .describe('Narrows what the role may do.'),
  })
  .superRefine((value, context) => {
    const whole = value.role === 'admin' || value.role === 'operator';
    const add = (message: string) => context.addIssue({code: 'custom', path: ['customer'], message});
    if (value.role === 'customer' && value.customer === undefined) add('is needed by the role customer');
    if (whole && value.customer !== undefined)
      add(`cannot be said: the role ${value.role} is of the whole coordinator`);
  });

/** The API's own certificate, and those that it takes from clients. */
export const tlsSchema = z
  .strictObject({
    cert: line.min(1).describe('Certificate and what is between it and its root, a PEM file.'),
    key: line.min(1).describe('Key of the certificate, a PEM file.'),
    clientCa: line
      .min(1)
      .optional()
      .describe('Roots of certificates of clients, a PEM file: a certificate of theirs stands for an API key.'),
    clientAuth: z
      .enum(['optional', 'required'])
      .optional()
      .describe(
        'Whether each connection needs a certificate of a client (optional when not said); belongs to clientCa.',
      ),
    clients: z
      .record(line.min(1), client)
      .default({})
      .describe('Clients by the common name, DNS name or URI of their certificates, and what they may do.'),
  })
  .superRefine(({clientCa, clientAuth, clients}, context) => {
    const add = (path: string) =>
      context.addIssue({code: 'custom', path: [path], message: 'belongs to clientCa, which is not said'});
    if (clientCa !== undefined) return;
    if (clientAuth !== undefined) add('clientAuth');
    if (Object.keys(clients).length > 0) add('clients');
  });

/** Signed by a private key that only the issuer has; what is signed by a shared secret is never taken. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const claim = line.min(1).describe('Name of the claim; one inside another with dots, such as realm_access.roles.');

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

/** Where its keys come from must not be made up on the way; on this machine there is no way. */
function isSafe(url: string): boolean {
  const {protocol, hostname, search, hash} = new URL(url);
  return search === '' && hash === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}

/** Who may come in with a token of which issuer, and as what. */
export const oidcSchema = z
  .strictObject({
    issuer: z
      .url()
      .refine(url => URL.canParse(url) && isSafe(url), 'must be https://… (http only on this machine), without ? and #')
      .describe('Address of the issuer, letter by letter as in its tokens.'),
    audience: z
      .union([line.min(1).transform(one => [one]), z.array(line.min(1)).min(1)])
      .describe('Whom its tokens must be for: one of these.'),
    algorithms: z
      .array(z.enum(ALGORITHMS))
      .min(1)
      .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
      .describe('Which signatures are taken.'),
    clockTolerance: duration('0s', '10m').prefault('30s').describe('How far the clocks may be apart.'),
    keysMaxAge: duration('1s', '1d')
      .prefault('10m')
      .describe("How long the issuer's keys are trusted until they are asked for again."),
    keysWhenAway: duration('0s', '30d')
      .prefault('1d')
      .describe('How long its last keys go on while the issuer does not answer.'),
    roles: z
      .strictObject({
        claim: claim.default('roles'),
        map: z
          .record(line.min(1), role)
          .default({admin: 'admin', operator: 'operator', customer: 'customer', viewer: 'viewer'})
          .describe('Role of each value; of several values the one that may do most.'),
        default: role.optional().describe('Role where no value is known; without it such a token is refused.'),
      })
      .prefault({})
      .describe('Which role a token has.'),
    customer: z
      .strictObject({
        claim: claim.default('customer'),
        map: z
          .record(line.min(1), dnsName('a customer'))
          .optional()
          .describe('Customer of each value; the value itself when not said.'),
      })
      .optional()
      .describe(
        'Whose rows tokens of the roles customer and viewer see. Without it, viewers see all, and there are no customers.',
      ),
    scopes: z
      .strictObject({
        claim: claim.default('scope'),
        prefix: line.default('').describe('What stands before a scope of niyanta there, such as niyanta/.'),
      })
      .optional()
      .describe('Narrows what a token may do to the scopes in it, such as workloads:read.'),
    login: z
      .strictObject({
        client: line.min(1).describe('Id of a public client at the issuer, with the device authorization grant.'),
        scope: line.min(1).default('openid offline_access').describe('What is asked for.'),
        token: z.enum(['access', 'id']).default('access').describe('Which of its tokens is sent here.'),
        parameters: z
          .record(z.string().regex(/^[a-z_]+$/, 'must be a name of a parameter'), line.min(1))
          .default({})
          .describe('Further parameters of requests to the issuer, such as resource or audience.'),
      })
      .optional()
      .describe('How people log in, for niyanta login; anybody who reaches the API may read it.'),
  })
  .refine(({roles, customer}) => roles.default !== 'customer' || customer !== undefined, {
    path: ['roles', 'default'],
    message: 'needs customer: {claim: …} beside it',
  });
