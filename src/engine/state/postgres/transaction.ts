import type {
  ParameterOrJSON,
  Row,
  RowList,
  SerializableParameter,
  Sql,
  TransactionSql,
  UnsafeQueryOptions,
} from 'postgres';

type Params = ParameterOrJSON<never>[];

/** The statements of one transaction; each fails once its connection is lost, or the transaction is over. */
export interface Transaction {
  /** One statement with its parameters in place: ``sql`select ${1}` ``. */
  <R extends readonly object[]>(text: TemplateStringsArray, ...params: SerializableParameter[]): Promise<R>;
  unsafe(text: string, params?: Params, options?: UnsafeQueryOptions): Promise<RowList<Row[]>>;
}

/**
 * Work in one transaction. Once its connection is lost nothing more is asked of that, not even a rollback, which the
 * library's `begin` asks of whoever fails: of a connection that was closed without a word it ends the process
 * (porsager/postgres issue 1154), and when it is connected anew it is another's. So work that fails then is left
 * unanswered, and the loss answers for it, also while nothing is under way.
 */
export async function inTransaction<T>(sql: Sql, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  let lost: unknown;
  const begun = sql.begin(async connection => {
    const guard: Guard = async question => {
      if (lost !== undefined) throw lost;
      try {
        return await question(connection);
      } catch (error) {
        if (endsConnection(error)) lost ??= error;
        throw error;
      }
    };
    try {
      return {value: await work(guarded(guard))};
    } finally {
      if (lost !== undefined) await unanswered;
    }
  });
  try {
    return ((await begun) as {readonly value: T}).value;
  } catch (error) {
    lost ??= error;
    throw error;
  } finally {
    lost ??= new Error('the transaction is over');
  }
}

const unanswered = new Promise<never>(() => {});

type Guard = <R>(question: (connection: TransactionSql) => PromiseLike<R>) => Promise<R>;

const guarded = (ask: Guard): Transaction =>
  Object.assign(
    <R extends readonly object[]>(text: TemplateStringsArray, ...params: SerializableParameter[]) =>
      ask(connection => connection(text, ...params) as unknown as PromiseLike<R>),
    {
      unsafe: (text: string, params: Params = [], options?: UnsafeQueryOptions) =>
        ask(connection => connection.unsafe(text, params, options)),
    },
  );

/** Errors of sockets and of the library's connections, and answers after which the server ends the connection. */
const endsConnection = (error: unknown): boolean => {
  const {name, code, severity} = error as {name?: string; code?: unknown; severity?: string};
  if (name === 'PostgresError') return severity === 'FATAL' || severity === 'PANIC';
  return typeof code === 'string' && /^(CONNECT|E)/.test(code);
};
