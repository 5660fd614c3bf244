import {z} from 'zod';
import {duration, memorySize} from '../quantities.ts';
import {line} from '../texts.ts';

const url = line
  .regex(
    /^https?:\/\/[^\s/@]+(?:\/[^\s?#@]*)?$/,
    'must be http(s)://HOST[:PORT][/PATH], without user, password, ? and #',
  )
  .describe('Address.');

/** Never in clear: settings are shown to people, and kept in files. */
const secret = line.regex(/^\$\{secret:[^}]+\}$/, 'must be a reference: ${secret:NAME}');

const basic = {
  username: line.min(1).optional().describe('User, where it asks for one; belongs to password.'),
  password: secret.optional().describe('Its password, as ${secret:NAME}.'),
};

const loki = z
  .strictObject({
    url: url.describe('Address of Loki; /loki/api/v1/push is added.'),
    tenant: line.min(1).optional().describe('X-Scope-OrgID, where Loki has several tenants.'),
    ...basic,
  })
  .describe('Lines are pushed to this Loki.');

const elasticsearch = z
  .strictObject({
    url: url.describe('Address of Elasticsearch; /_bulk is added.'),
    index: line
      .regex(/^[a-z0-9][a-z0-9._-]{0,254}$/, 'must be a name of an index or data stream')
      .default('logs-niyanta-default')
      .describe('Data stream or index.'),
    apiKey: secret.optional().describe('API key, as ${secret:NAME}; in place of user and password.'),
    ...basic,
  })
  .describe('Lines are sent to this Elasticsearch.');

/** What `serve` logs, and where lines go beside standard error. */
export const logSchema = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged on standard error.'),
  format: z
    .enum(['auto', 'json', 'ecs', 'text'])
    .default('auto')
    .describe('auto: text on a terminal, json elsewhere; ecs: as Elasticsearch wants it.'),
  sampling: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe('Lines a second of one event; those beyond are counted. Errors and warnings are all written. 0: all.'),
  loki: loki.optional(),
  elasticsearch: elasticsearch.optional(),
  workloads: z.boolean().default(true).describe('Whether what workloads print is sent there, too.'),
  buffer: memorySize
    .prefault('16MiB')
    .describe('Memory for lines that wait to be sent; the oldest are given up beyond.'),
});

/** Traces. */
export const tracingSchema = z.strictObject({
  otlp: url
    .optional()
    .describe('OpenTelemetry collector (OTLP/HTTP); /v1/traces is added. OTEL_EXPORTER_OTLP_ENDPOINT counts, too.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a name of a header'), line.min(1))
    .default({})
    .describe('Headers of its requests; values may be ${secret:NAME}, and are shown to nobody otherwise.'),
  ratio: z.number().min(0).max(1).default(1).describe('Share of new traces that are kept.'),
  every: duration('10ms', '1m').prefault('2s').describe('How long spans are gathered before they are sent.'),
});

/** Metrics. */
export const metricsSchema = z.strictObject({
  hosts: duration('0s', '1h').prefault('15s').describe('How often hosts are asked what they use; 0s: never.'),
});
