import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';

/** A real nats-server with JetStream on loopback. Stopped and started again it has the same port and the same disk. */
export interface NatsServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  start(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** As SIGSTOP does: it holds its connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** `more` is added to its configuration. It ends with the test, or with `atEnd`. */
export async function natsServer(
  more = '',
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
  address = '127.0.0.1',
): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-nats-'));
  const port = await freePort(address);
  const config = join(folder, 'nats-server.conf');
  await writeFile(
    config,
    `listen: "${address}:${port}"\njetstream {store_dir: "${join(folder, 'jetstream')}"}\npid_file: "${join(folder, 'pid')}"\n${more}\n`,
  );
  let child: ChildProcess | undefined;
  const server: NatsServer = {
    port,
    url: `nats://${address}:${port}`,
    folder,
    async start() {
      let log = '';
      const started = spawn('nats-server', ['-c', config], {stdio: ['ignore', 'ignore', 'pipe']});
      started.stderr?.on('data', data => {
        log += String(data);
      });
      child = started;
      for (;;) {
        if (started.exitCode !== null) throw new Error(`nats-server ended: ${log}`);
        if (log.includes('Server is ready') && (await answers(address, port))) return;
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
  atEnd(async () => {
    await server.kill();
    await rm(folder, {recursive: true, force: true});
  });
  await server.start();
  return server;
}

async function freePort(address: string): Promise<number> {
  const probe = createServer().listen(0, address);
  await once(probe, 'listening');
  const {port} = probe.address() as {port: number};
  probe.close();
  await once(probe, 'close');
  return port;
}

function answers(address: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, address);
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
