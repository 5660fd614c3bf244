import {z} from 'zod';
import {line} from '../texts.ts';

const SERVER = /^(?:nats|tls):\/\/(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]@,?#]+)(?::\d{1,5})?$/;
const areServers = (text: string): boolean => text.split(',').every(one => SERVER.test(one.trim()));

/** How NATS is reached, by coordinators and by workers. */
export const natsSchema = z.strictObject({
  url: line
    .refine(areServers, 'must be nats://HOST:PORT or tls://HOST:PORT, several with commas, without a user or password')
    .describe('The broker that niyanta worker processes reach this coordinator by: nats://HOST:PORT.'),
  tls: z
    .strictObject({
      ca: line.min(1).optional().describe("Roots of the broker's certificate, a PEM file; the system's when not said."),
      cert: line.min(1).optional().describe('Certificate by which the broker knows this process, a PEM file.'),
      key: line.min(1).optional().describe('Key of that certificate, a PEM file.'),
    })
    .refine(({cert, key}) => (cert === undefined) === (key === undefined), 'needs both cert and key, or none of them')
    .optional()
    .describe('TLS to the broker.'),
  credentials: line
    .min(1)
    .optional()
    .describe(
      'Credentials file of the broker (.creds). Or a user and password: NIYANTA_NATS_USER and NIYANTA_NATS_PASSWORD.',
    ),
});

/** Paths absolute. */
export type NatsSettings = z.output<typeof natsSchema>;
