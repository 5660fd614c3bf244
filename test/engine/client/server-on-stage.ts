import {pino} from 'pino';
import {onTestFinished} from 'vitest';
import {startApi} from '../../../src/engine/api/start-api.ts';
import {type ApiClient, apiClient} from '../../../src/engine/client/api-client.ts';
import {prepareAccess} from '../../../src/engine/coordinator/access/index.ts';
import {type Stage, stage} from '../coordinator/harness/stage.ts';

export interface ServerOnStage extends Stage {
  readonly address: string;
  /** Of an admin. */
  readonly key: string;
  readonly client: ApiClient;
}

/** A real coordinator over SQLite with its API on a free port; ends with the test. */
export async function serverOnStage(): Promise<ServerOnStage> {
  const staged = await stage(['h1']);
  const key = (await prepareAccess(staged.store, {name: 'cli:test'}))!;
  const api = await startApi({
    coordinator: staged.coordinator,
    listen: {host: '127.0.0.1', port: 0},
    log: pino({level: 'silent'}),
    version: '0.0.0-test',
  });
  onTestFinished(() => api.stop(1000));
  return {...staged, address: api.address, key, client: apiClient({server: api.address, key})};
}
