/** What is run in a container to get a PostgreSQL database out and in; names come as arguments, never in the text. */

interface Database {
  /** As POSTGRES_DB and POSTGRES_USER of the container say when absent. */
  readonly database?: string;
  readonly user?: string;
}

// As the official image reads its environment.
const NAMES = `user=\${1:-\${POSTGRES_USER:-postgres}} database=\${2:-\${POSTGRES_DB:-\${1:-\${POSTGRES_USER:-postgres}}}}; shift 2
PGOPTIONS='-c client_min_messages=warning'; export PGOPTIONS`;

const inContainer = (text: string, {user, database}: Database, ...args: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  `${NAMES}\n${text}`,
  'niyanta',
  user ?? '',
  database ?? '',
  ...args,
];

/** Prints the database as SQL. */
export const dumpDatabase = (of: Database): readonly string[] =>
  inContainer('exec pg_dump --username="$user" --dbname="$database"', of);

/** Prints the major version, the user, the database, and the other databases of the server, a line each. */
export const describeServer = (of: Database): readonly string[] =>
  inContainer(
    `psql -XAtq -v ON_ERROR_STOP=1 -v db="$database" --username="$user" --dbname="$database" <<'end' || exit
select current_setting('server_version_num')::int / 10000;
select current_user;
select current_database();
select datname from pg_database where not datistemplate and datname not in (current_database(), 'postgres') order by 1;
end`,
    of,
  );

/** Ends with 0 once the server takes connections; by TCP, since images set themselves up on the local socket alone. */
export const isReady: readonly string[] = ['pg_isready', '--quiet', '--host=127.0.0.1'];

/** Does without durability: for a server that is thrown away. */
export const makeQuick = (of: Database): readonly string[] =>
  inContainer(
    `psql -XAtq -v ON_ERROR_STOP=1 --username="$user" --dbname=postgres <<'end'
alter system set fsync = off;
alter system set full_page_writes = off;
alter system set synchronous_commit = off;
alter system set autovacuum = off;
alter system set max_wal_size = '4GB';
select pg_reload_conf();
end`,
    of,
  );

/** Reads SQL on standard input into a new database beside the one it is of; all of it or nothing. */
export const loadAside = (of: Database): readonly string[] =>
  inContainer(
    `exec 3<&0
psql -XAtq -v ON_ERROR_STOP=1 -v new="\${database}_niyanta_new" --username="$user" --dbname=template1 <<'end' || exit
drop database if exists :"new";
create database :"new" template template0;
end
exec psql -Xq -v ON_ERROR_STOP=1 --single-transaction --username="$user" --dbname="\${database}_niyanta_new" --output=/dev/null <&3`,
    of,
  );

/** Exchanges the database for the one that was loaded beside it, at once, and drops the old one. Sessions are ended. */
export const exchange = (of: Database): readonly string[] =>
  inContainer(
    `there=$(psql -XAtq -v ON_ERROR_STOP=1 -v db="$database" --username="$user" --dbname=template1 <<'end'
select count(*) from pg_database where datname = :'db';
end
) || exit
sql() { psql -XAtq -v ON_ERROR_STOP=1 -v db="$database" -v new="\${database}_niyanta_new" -v old="\${database}_niyanta_old" --username="$user" --dbname=template1 --output=/dev/null; }
if [ "$there" = 0 ]; then echo 'alter database :"new" rename to :"db";' | sql; exit; fi
sql <<'end'
drop database if exists :"old";
alter database :"db" with allow_connections false;
select pg_terminate_backend(pid) from pg_stat_activity where datname = :'db';
begin;
alter database :"db" rename to :"old";
alter database :"new" rename to :"db";
commit;
drop database :"old";
end
code=$?
# Where the exchange did not come about, the old one is as it was.
[ $code = 0 ] || echo 'alter database :"db" with allow_connections true;' | sql 2>/dev/null
exit $code`,
    of,
  );

export const dropAside = (of: Database): readonly string[] =>
  inContainer(
    `echo 'drop database if exists :"new";' | psql -XAtq -v new="\${database}_niyanta_new" --username="$user" --dbname=template1`,
    of,
  );

/** Runs SQL and prints what it gives. */
export const runQuery = (of: Database, query: string): readonly string[] =>
  inContainer('exec psql -XAtq -v ON_ERROR_STOP=1 --username="$user" --dbname="$database" --command="$1"', of, query);

/** Reads SQL on standard input into the database itself; for a fresh one. */
export const loadInto = (of: Database): readonly string[] =>
  inContainer(
    'exec psql -Xq -v ON_ERROR_STOP=1 --single-transaction --username="$user" --dbname="$database" --output=/dev/null',
    of,
  );

/** The version that `postgres --version` names. */
export const majorOf = (stdout: string): string | undefined => /PostgreSQL\) (9\.\d+|\d+)/.exec(stdout)?.[1];
