import {pino} from 'pino';
import {Door, PendingQuota} from '../../coordinator/access/index.ts';
import type {Coordinator} from '../../coordinator/coordinator.ts';
import {defaultApiSettings} from '../api-settings.ts';
import {apiMetrics} from '../metrics/api-metrics.ts';
import {WorkloadReader} from '../request/read-workloads.ts';
import {apiServer} from '../server.ts';

/** The OpenAPI document of the routes as they are declared; for the published file. Nothing is served, nobody is asked. */
export async function openApiDocument(version: string): Promise<object> {
  const coordinator = {store: {}} as unknown as Coordinator;
  const metrics = apiMetrics(coordinator, 0);
  const parts = {
    coordinator,
    settings: defaultApiSettings,
    log: pino({level: 'silent'}),
    metrics,
    reader: new WorkloadReader(),
    door: new Door(coordinator.store, Date.now),
    pending: new PendingQuota(coordinator.store, Date.now),
    stopping: new AbortController().signal,
  };
  const server = await apiServer(parts, version, undefined);
  const document = server.swagger();
  await server.close();
  return document;
}
