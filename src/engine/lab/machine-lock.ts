import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

/**
 * Runs `work` while no other niyanta on this machine is inside a lock of the same name. The lock is a socket in
 * Linux's abstract namespace (unix(7)): no file is left, and it ends with its process, even by kill -9.
 */
export async function withMachineLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  // 107 bytes are the most that an address takes; a path in a name may be longer.
  const address = `\0niyanta-lab/${createHash('sha256').update(name).digest('hex')}`;
  const server = createServer(socket => socket.destroy());
  for (;;) {
    server.listen(address);
    const outcome = await Promise.race([
      once(server, 'listening').then(() => undefined),
      once(server, 'error').then(([error]) => error as NodeJS.ErrnoException),
    ]).catch((error: NodeJS.ErrnoException) => error);
    if (!outcome) break;
    if (outcome.code !== 'EADDRINUSE') throw outcome;
    await sleep(20);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}
