import type {IncomingMessage, ServerResponse} from 'node:http';
import type {FastifyBaseLogger, FastifyInstance, RawServerDefault} from 'fastify';
import type {ZodTypeProvider} from 'fastify-type-provider-zod';
import type {Door, PendingQuota} from '../coordinator/access/index.ts';
import type {Coordinator} from '../coordinator/coordinator.ts';
import type {ApiSettings} from './api-settings.ts';
import type {ApiMetrics} from './metrics/api-metrics.ts';
import type {WorkloadReader} from './request/read-workloads.ts';

export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What routes answer from. */
export interface ApiParts {
  readonly coordinator: Coordinator;
  readonly settings: ApiSettings;
  readonly door: Door;
  readonly pending: PendingQuota;
  readonly reader: WorkloadReader;
  readonly metrics: ApiMetrics;
  readonly log: FastifyBaseLogger;
  /** Aborted when the API stops: streams end then. */
  readonly stopping: AbortSignal;
}
