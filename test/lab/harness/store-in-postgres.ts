import {openPostgresStore} from '../../../src/engine/coordinator/store/index.ts';
import {parseStateLocation} from '../../../src/engine/spec/state-location.ts';
import {type Backend, settings} from '../../engine/coordinator/store/backends.ts';
import {TestPostgres} from './state-in-postgres.ts';

/** Stores in a PostgreSQL of the tests' own; each test finds it empty. `server` is there once it was started. */
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
    // One for all: making a database takes longer than most tests.
    make: async () => ({
      location: server!.url('postgres'),
      remove: async () => void (await server!.sql('postgres', emptied)),
    }),
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

/** As after the first migration: the triggers that keep events would refuse. Few rows are deleted faster than truncated. */
const tables = [
  ...['workloads', 'attempts', 'edges', 'checkpoints', 'blobs', 'events', 'workers', 'schedules', 'customers', 'keys'],
  ...['files', 'environment_changes', 'environments', 'bundle_blobs', 'bundles', 'workload_counts'],
];
const emptied = `
set search_path = niyanta_serve;
set session_replication_role = replica;
${tables.map(table => `delete from ${table};`).join('\n')}
update counter set number = 0;
update leader set coordinator = '', generation = 0, address = null, since = 0, until = 0;
update audit_expiry set before = 0;`;
