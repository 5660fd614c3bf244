import {type AddressInfo, createServer} from 'node:net';
import {text} from 'node:stream/consumers';
import {afterAll, expect, test} from 'vitest';
import {argv, type Connection, connect, script} from '../../../src/engine/hosts/index.ts';
import {NiyantaError} from '../../../src/engine/spec/errors.ts';
import {connectionBehaviour} from './connection-behaviour.ts';

/** This machine, as a host. */
const me = {name: 'me', local: true, sudo: false, connectTimeoutMs: 3000, labels: {}, drain: false};

// Commands run as root on every host: a user who may not become it has no such connection.
const connected = await connect(me).catch((error: unknown) => error);

if (connected instanceof NiyantaError) {
  test('a user who cannot become root is told what to do', () => {
    expect(['sudo-password', 'sudo-missing', 'not-root']).toContain(connected.code);
    expect(connected.hint).toMatch(/\w \w/);
  });
} else {
  const connection = connected as Connection;
  afterAll(() => connection.close());
  connectionBehaviour(() => connection);

  test('a closed connection refuses work, and ends what runs', async () => {
    const closing = await connect(me);
    const running = closing.run(argv('sleep', '600'));
    running.catch(() => undefined);
    const spawned = await closing.spawn(script('exec sleep 600'));
    await closing.run(argv('true'));
    await closing.close();
    await expect(running).rejects.toMatchObject({code: 'connection-lost', transient: true});
    await expect(closing.run(argv('true'))).rejects.toMatchObject({code: 'connection-lost'});
    await spawned.exit;
  });

  test('a port of this machine can be dialled, and one where nothing listens is told', async () => {
    const server = createServer(socket => socket.end('hello'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const {port} = server.address() as AddressInfo;
    expect(await text(await connection.dial('127.0.0.1', port, 5000))).toBe('hello');
    await new Promise(resolve => server.close(resolve));
    await expect(connection.dial('127.0.0.1', port, 5000)).rejects.toMatchObject({code: 'dial-failed', host: 'me'});
  });
}
