import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {onTestFinished} from 'vitest';

/** Between a worker and the broker: cut, nothing passes it in either direction, and nobody is told. */
export interface Relay {
  readonly url: string;
  cut(): void;
  heal(): void;
}

export async function relayTo(port: number): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('data', data => void other.write(data));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
      if (isCut) one.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    server.close();
  });
  const all = () => [...pairs].flat();
  return {
    url: `nats://127.0.0.1:${(server.address() as {port: number}).port}`,
    cut() {
      isCut = true;
      for (const socket of all()) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of all()) socket.resume();
    },
  };
}
