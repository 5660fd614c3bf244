import {pino} from 'pino';
import {defaultAccessRules} from '../../coordinator/access/index.ts';
import type {Coordinator} from '../../coordinator/coordinator.ts';
import {openReception} from '../../coordinator/requests/reception.ts';
import {prometheusMeasures} from '../../telemetry/metrics/index.ts';
import {noTracing} from '../../telemetry/tracing/index.ts';
import {defaultApiSettings} from '../api-settings.ts';
import {apiMetrics} from '../metrics/api-metrics.ts';
import {apiServer} from '../server.ts';

/** The OpenAPI document of the routes as they are declared; for the published file. Nothing is served, nobody is asked. */
export async function openApiDocument(version: string): Promise<object> {
  const coordinator = {store: {}} as unknown as Coordinator;
  const settings = defaultApiSettings;
  const metrics = apiMetrics(coordinator, prometheusMeasures({version, most: 0}));
  const parts = {
    ...openReception({coordinator, rules: defaultAccessRules, throttled() {}, submitted() {}}),
    settings,
    log: pino({level: 'silent'}),
    metrics,
    tracing: noTracing,
    stopping: new AbortController().signal,
  };
  const server = await apiServer(parts, version, undefined);
  const document = server.swagger();
  await server.close();
  return document;
}
