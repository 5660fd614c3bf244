import type {Sql} from 'postgres';

/** What a transaction is refused with that has waited for a lock for as long as it may (SQLSTATE lock_not_available). */
export const LOCK_TIMEOUT = '55P03';

/**
 * Ends connections of this program in the middle of a transaction whose process has said nothing for so long: it was
 * stopped, or cut off, and what it locked keeps everybody else waiting. The server's own
 * idle_in_transaction_session_timeout does not count between the messages of one statement (a statement with parameters is
 * described first, then bound), which is where such a process may have been stopped. Ended, it loses nothing but that
 * transaction, which it does again when it wakes.
 */
export async function endStuckPeers(sql: Sql, program: string, silentMs: number): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${program} and datname = current_database() and usename = current_user
      and pid <> pg_backend_pid() and wait_event = 'ClientRead' and xact_start is not null
      and state_change < clock_timestamp() - ${silentMs}::int * interval '1 millisecond'`;
}
