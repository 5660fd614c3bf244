import {z} from 'zod';
import {duration} from '../quantities.ts';
import {line} from '../texts.ts';
import {oidcSchema, tlsSchema} from './access-schema.ts';
import {costsSchema} from './costs-schema.ts';
import {natsSchema} from './nats-schema.ts';
import {logSchema, metricsSchema, tracingSchema} from './telemetry-schema.ts';
import {
  checkpointStorageSchema,
  failuresSchema,
  keepSchema,
  schedulingSchema,
  stacksSchema,
  tiersSchema,
} from './work-schema.ts';
import {workerScalingSchema} from './worker-scaling-schema.ts';

const isAddress = (text: string): boolean =>
  Number(/^(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(text)?.[1] ?? 65_536) <= 65_535;

/** Settings of `niyanta serve`: the section `server` of niyanta.yaml, and what a file of its own holds beside its head. */
export const serverSchema = z
  .strictObject({
    listen: line
      .refine(isAddress, 'must be HOST:PORT, for example 127.0.0.1:8460 or [::1]:8460; port 0 takes a free one')
      .default('127.0.0.1:8460')
      .describe('Where the API listens.'),
    grpc: line
      .refine(isAddress, 'must be HOST:PORT, for example 127.0.0.1:8461')
      .optional()
      .describe('Where gRPC listens, with the TLS of the API; nowhere when not said.'),
    data: line.min(1).default('.niyanta/coordinator').describe('Folder of the embedded database.'),
    database: line
      .regex(/^postgres(?:ql)?:\/\//, 'must be postgres://USER@HOST/DATABASE')
      .optional()
      .describe(
        'PostgreSQL in place of the embedded database, for several coordinators; its password as ${secret:NAME}.',
      ),
    stopDeadline: duration('0s', '1h').prefault('20s').describe('How long a stop may take.'),
    log: logSchema.prefault({}).describe('The log.'),
    tracing: tracingSchema.prefault({}).describe('Traces (OpenTelemetry); none without a collector.'),
    metrics: metricsSchema.prefault({}).describe('What Prometheus reads at /metrics.'),
    tls: tlsSchema.optional().describe('The API over TLS; without it, HTTP in clear.'),
    nats: natsSchema.optional().describe('NATS, by which niyanta worker processes reach this coordinator.'),
    oidc: oidcSchema.optional().describe('Tokens (JWT) of an OpenID Connect issuer, beside API keys.'),
    tiers: tiersSchema.default({}).describe('Tiers of customers by name; free, standard and premium are there.'),
    scheduling: schedulingSchema.prefault({}).describe('Which workload comes first, and where it goes.'),
    failures: failuresSchema.prefault({}).describe('When a host counts as lost, and what then happens how fast.'),
    stacks: stacksSchema.prefault({}).describe('How closely stacks that are applied through it are watched.'),
    keep: keepSchema.prefault({}).describe('How long what is over is kept.'),
    costs: costsSchema.prefault({}).describe('What workloads cost, for /v1/analytics/costs.'),
    types: z
      .array(line.min(1))
      .max(50)
      .default([])
      .describe('Files of workload types of your own (JavaScript); their code runs in this process.'),
    workerScaling: workerScalingSchema
      .optional()
      .describe('A program or an address that adds and removes workers as they are needed.'),
    checkpoints: checkpointStorageSchema
      .optional()
      .describe('Object storage for checkpoints of more than 10 MiB; without it they are refused.'),
  })
  .describe('Settings of niyanta serve.');

/** A file of its own, for `niyanta serve --config`. */
export const serverFileSchema = z.strictObject({
  apiVersion: z.literal('niyanta/v1').describe('Version of this format.'),
  kind: z.literal('Server').describe('What this document is.'),
  ...serverSchema.shape,
});

/** All defaults in; durations in milliseconds, rates a second. Paths and secrets as written. */
export type WrittenServer = z.output<typeof serverSchema>;
