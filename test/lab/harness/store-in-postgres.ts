import {randomBytes} from 'node:crypto';
import {openPostgresStore} from '../../../src/engine/coordinator/store/index.ts';
import {parseStateLocation} from '../../../src/engine/spec/state-location.ts';
import {type Backend, settings} from '../../engine/coordinator/store/backends.ts';
import {TestPostgres} from './state-in-postgres.ts';

/** Stores in a PostgreSQL of the tests' own; each test has a database. `server` is there once it was started. */
export function storeInPostgres(): Backend & {readonly server: () => TestPostgres} {
  let server: TestPostgres | undefined;
  return {
    server: () => server!,
    async start() {
      server = await TestPostgres.start('niyanta-store-');
      return async () => {
        await server?.stop();
        server = undefined;
      };
    },
    async make() {
      const name = `t${randomBytes(4).toString('hex')}`;
      await server!.sql('postgres', `create database ${name}`);
      return {
        location: server!.url(name),
        remove: async () => void (await server!.sql('postgres', `drop database ${name} with (force)`)),
      };
    },
    open: location => {
      const parsed = parseStateLocation(location, '/', '/');
      if ('wrong' in parsed || parsed.kind !== 'postgres') throw new Error(location);
      const secrets = {values: async () => new Map<string, string>(), origins: async () => []};
      return openPostgresStore(parsed, settings, {secrets, env: {}});
    },
    async sql(location, text) {
      await server!.sql(/\/([a-z0-9]+)\?/.exec(location)![1]!, `set search_path = niyanta_serve; ${text}`);
    },
  };
}
