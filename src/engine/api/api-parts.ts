import type {IncomingMessage, ServerResponse} from 'node:http';
import type {FastifyBaseLogger, FastifyInstance, RawServerDefault} from 'fastify';
import type {ZodTypeProvider} from 'fastify-type-provider-zod';
import type {Reception} from '../coordinator/requests/reception.ts';
import type {Tracing} from '../telemetry/tracing/index.ts';
import type {ApiSettings} from './api-settings.ts';
import type {ApiMetrics} from './metrics/api-metrics.ts';

export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What routes answer from. */
export interface ApiParts extends Reception {
  readonly settings: ApiSettings;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  readonly log: FastifyBaseLogger;
  /** Aborted when the API stops: streams end then. */
  readonly stopping: AbortSignal;
}
