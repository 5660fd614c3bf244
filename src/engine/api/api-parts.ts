import type {IncomingMessage, ServerResponse} from 'node:http';
import type {FastifyBaseLogger, FastifyInstance, RawServerDefault} from 'fastify';
import type {ZodTypeProvider} from 'fastify-type-provider-zod';
import type {Reception} from '../coordinator/requests/reception.ts';
import type {Actor} from '../coordinator/store/store.ts';
import type {SettingChanges} from '../spec/server/compare-settings.ts';
import type {ServerSetting} from '../spec/server/server-settings.ts';
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

/** Settings of this process, and how they are read again. */
export interface SettingsNow {
  list(): readonly ServerSetting[];
  /** Errors: those of reading them; then all stays as it was. */
  reload(actor: Actor): Promise<SettingChanges>;
}

/** What routes answer from. */
export interface ApiParts extends Reception {
  readonly settings: ApiSettings;
  /** What the process was started with; absent where it was not started from files. */
  readonly settingsNow?: SettingsNow;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  readonly log: FastifyBaseLogger;
  /** Aborted when the API stops: streams end then. */
  readonly stopping: AbortSignal;
}
