import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';

/** Debian's Prometheus, reading one coordinator every second. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #address: string;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.#address = address;
  }

  static async start(folder: string, target: string, key: string): Promise<Prometheus> {
    await mkdir(folder, {recursive: true});
    await writeFile(join(folder, 'key'), key, {mode: 0o600});
    const config = {
      global: {scrape_interval: '1s', evaluation_interval: '1s'},
      scrape_configs: [
        {
          job_name: 'niyanta',
          authorization: {credentials_file: join(folder, 'key')},
          static_configs: [{targets: [new URL(target).host]}],
        },
      ],
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    return new Prometheus(spawn('prometheus', args, {stdio: 'ignore'}), `http://${address}`);
  }

  /** How many series a query finds now that are numbers; undefined as long as it does not answer. */
  async query(expr: string): Promise<number | undefined> {
    const url = `${this.#address}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const answer = await fetch(url).catch(() => undefined);
    if (!answer) return undefined;
    const {status, error, data} = (await answer.json()) as {
      status: string;
      error?: string;
      data?: {result: {value: [number, string]}[]};
    };
    if (status === 'error' && answer.status !== 503) throw new Error(`${expr}: ${error}`);
    return data?.result.filter(({value}) => value[1] !== 'NaN').length;
  }

  async end(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as {port: number};
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Runs promtool; what it says when it is not content. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('promtool', [...args]);
  running.child.stdin!.end(input);
  return running.then(
    () => '',
    (error: {stdout?: string; stderr?: string}) => `${error.stdout}${error.stderr}` || String(error),
  );
}
