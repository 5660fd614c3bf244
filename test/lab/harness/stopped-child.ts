// A process of its own: `node stopped-child.ts FOLDER PROGRAM STATEMENT` locks what the statement locks, and stops in the
// middle of the next one, between its description and its parameters. It says `stopping` before.
import {setImmediate as nextTurn} from 'node:timers/promises';
import postgres from 'postgres';

const [host, program, locking] = process.argv.slice(2) as [string, string, string];
const limits = {idle_in_transaction_session_timeout: 3000, lock_timeout: 3000};
const connection = {application_name: program, ...limits};
const sql = postgres({host, user: 'postgres', database: 'postgres', max: 1, fetch_types: false, connection});
await sql.begin(async transaction => {
  await transaction.unsafe(locking);
  const asked = transaction.unsafe('select $1::int', [1], {prepare: true}).execute();
  await nextTurn();
  process.stdout.write('stopping\n');
  await nextTurn();
  process.kill(process.pid, 'SIGSTOP');
  await asked;
});
