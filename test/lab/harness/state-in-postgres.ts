import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import postgres from 'postgres';
import {parseStateLocation} from '../../../src/engine/spec/state-location.ts';
import {openPostgresStore} from '../../../src/engine/state/postgres/postgres-store.ts';
import type {Backend} from '../../engine/state/backends.ts';

/** A PostgreSQL of a test's own: a private cluster, run by an unprivileged user, reached by a socket in its folder. */
export class TestPostgres {
  readonly folder: string;
  readonly #programs: string;
  readonly #settings: string;

  private constructor(folder: string, programs: string, settings: string) {
    this.folder = folder;
    this.#programs = programs;
    this.#settings = settings;
  }

  /** Without waiting for the disk, unless the settings say so: what `halt` cuts off is the server, not the machine. */
  static async start(
    prefix = 'niyanta-postgres-',
    settings = '-c fsync=off -c shared_buffers=16MB',
  ): Promise<TestPostgres> {
    const versions = await readdir('/usr/lib/postgresql');
    const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
    const folder = await mkdtemp(join(tmpdir(), prefix));
    const database = new TestPostgres(folder, `/usr/lib/postgresql/${newest}/bin`, settings);
    execFileSync('chown', ['postgres', folder]);
    execFileSync('chmod', ['711', folder]);
    database.#as('initdb', [
      '-D',
      database.data,
      '--auth=trust',
      '--no-sync',
      '--encoding=UTF8',
      '--username=postgres',
    ]);
    database.boot();
    return database;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  boot(): void {
    const options = `-c listen_addresses='' -c unix_socket_directories='${this.folder}' -c max_connections=100 ${this.#settings}`;
    this.#as('pg_ctl', ['-D', this.data, '-w', '-s', '-l', join(this.folder, 'log'), '-o', options, 'start']);
  }

  /** As a power cut: nothing is finished, connections break. */
  halt(): void {
    this.#as('pg_ctl', ['-D', this.data, '-w', '-s', '-m', 'immediate', 'stop']);
  }

  url(database: string): string {
    return `postgres://postgres@/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** What `pg_dump` writes of a database. */
  dump(database: string): string {
    const options = ['-h', this.folder, '-U', 'postgres', database];
    return execFileSync(`${this.#programs}/pg_dump`, options, {encoding: 'utf8', maxBuffer: 2 ** 28});
  }

  /** Puts back what was dumped. */
  load(database: string, dump: string): void {
    const options = ['-h', this.folder, '-U', 'postgres', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', database];
    execFileSync(`${this.#programs}/psql`, options, {input: dump, stdio: ['pipe', 'ignore', 'inherit']});
  }

  /** Runs statements as the superuser. */
  async sql(database: string, text: string): Promise<readonly postgres.Row[]> {
    const sql = postgres({host: this.folder, user: 'postgres', database, max: 1, onnotice: () => {}});
    try {
      return await sql.unsafe(text);
    } finally {
      await sql.end({timeout: 1});
    }
  }

  /** A process of niyanta's (`program`) that holds what the statement locks and was stopped in the middle of another one. */
  async stoppedWhileHolding(locking: string, program: string): Promise<ChildProcess> {
    const script = new URL('./stopped-child.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, this.folder, program, locking], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }

  /** From now on this role has to say its password. */
  async askPasswords(role: string): Promise<void> {
    const file = join(this.data, 'pg_hba.conf');
    await writeFile(file, `local all ${role} scram-sha-256\n${await readFile(file, 'utf8')}`);
    await this.sql('postgres', 'select pg_reload_conf()');
  }

  async stop(): Promise<void> {
    spawnSync('setpriv', [
      '--reuid=postgres',
      '--regid=postgres',
      '--clear-groups',
      `${this.#programs}/pg_ctl`,
      '-D',
      this.data,
      '-w',
      '-s',
      '-m',
      'immediate',
      'stop',
    ]);
    await rm(this.folder, {recursive: true, force: true});
  }

  #as(program: string, args: readonly string[]): void {
    const words = ['--reuid=postgres', '--regid=postgres', '--clear-groups', `${this.#programs}/${program}`, ...args];
    execFileSync('setpriv', words, {stdio: ['ignore', 'ignore', 'inherit'], cwd: '/'});
  }
}

/** State in a PostgreSQL of the tests' own; each test has a database. */
export function stateInPostgres(): Backend {
  let server: TestPostgres | undefined;
  const sql = (database: string, text: string) => server!.sql(database, text);
  return {
    async start() {
      server = await TestPostgres.start();
      return async () => {
        await server?.stop();
        server = undefined;
      };
    },
    async make() {
      const name = `t${randomBytes(4).toString('hex')}`;
      await sql('postgres', `create database ${name}`);
      return {
        location: server!.url(name),
        remove: async () => void (await sql('postgres', `drop database ${name} with (force)`)),
      };
    },
    open(location, project, times) {
      const parsed = parseStateLocation(location, '/', '/');
      if ('wrong' in parsed || parsed.kind !== 'postgres') throw new Error(location);
      const secrets = {values: async () => new Map<string, string>(), origins: async () => []};
      return openPostgresStore(parsed, project, {secrets, ssh: {env: {}}}, times);
    },
    async corrupt(location, text) {
      const database = /\/([a-z0-9]+)\?/.exec(location)![1]!;
      await sql(database, `update niyanta.lock_files set document = '${text.replaceAll("'", "''")}'`);
    },
  };
}
