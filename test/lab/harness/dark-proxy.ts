import type {AddressInfo} from 'node:net';
import {createConnection, createServer, type Server, type Socket} from 'node:net';

/** A TCP port of this machine before another one, or a socket in its file system, which can go dark: no answer, no end, for whoever asks. */
export class DarkProxy {
  readonly port: number;
  readonly #server: Server;
  #target: string | number;
  readonly #sockets = new Set<Socket>();
  #dark = false;

  private constructor(server: Server, target: string | number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', socket => this.#accept(socket));
  }

  /** A path, or a port of 127.0.0.1. */
  static async before(target: string | number): Promise<DarkProxy> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new DarkProxy(server, target);
  }

  /** Leads elsewhere from now on. */
  lead(target: string | number): void {
    this.#target = target;
  }

  goDark(): void {
    this.#dark = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Connections of before are gone by now, as behind a router that forgot them. */
  light(): void {
    this.#dark = false;
    this.cut();
  }

  /** Ends the connections that there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#dark) {
      client.pause();
      return;
    }
    const server =
      typeof this.#target === 'number' ? createConnection(this.#target, '127.0.0.1') : createConnection(this.#target);
    this.#keep(server);
    client.pipe(server).pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
  }
}
