import type {Sql} from 'postgres';
import type {Session} from '../database.ts';
import {type Ask, sessionOf} from './postgres-session.ts';

/**
 * Work in one transaction. Once its connection is lost nothing more is asked of that, not even a rollback: the library's own
 * `begin` asks, which ends the process when the connection was closed without a word (porsager/postgres issue 1154), and
 * what a transaction's other branches still ask would be done on that connection once it is another's. A transaction has
 * something under way all the time, so that a loss is noticed by a question that fails.
 */
export async function inTransaction<T>(sql: Sql, work: (session: Session) => Promise<T>): Promise<T> {
  const reserved = await sql.reserve();
  let lost: unknown;
  const ask: Ask = async (text, params, options) => {
    if (lost !== undefined) throw lost;
    try {
      return await reserved.unsafe(text, params, options);
    } catch (error) {
      if (endsConnection(error)) lost ??= error;
      throw error;
    }
  };
  try {
    await ask('begin', []);
    const value = await work(sessionOf(ask));
    await ask('commit', []);
    return value;
  } catch (error) {
    if (lost === undefined) await ask('rollback', []).catch(() => undefined);
    throw error;
  } finally {
    // A lost connection is the pool's again by itself, to be made anew.
    if (lost === undefined) reserved.release();
  }
}

/** Whatever is no answer, and answers after which the server ends the connection. */
const endsConnection = (error: unknown): boolean => {
  const {name, severity} = error as {name?: string; severity?: string};
  return name !== 'PostgresError' || severity === 'FATAL' || severity === 'PANIC';
};
