// A way of a given length to servers on this machine: a TCP relay in a process of its own, for benchmarks. Every byte
// comes out half a round trip later, in order and at full speed: a line of chunks with their times, not a sleep each.
// A connection takes its round trip as well, as TCP's handshake does, though the kernel has accepted it at once.
import {fork} from 'node:child_process';
import {createServer, connect as dial} from 'node:net';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

/** Listens once for each port of this machine. Gives the ports to connect to instead, in the same order, and `close`. */
export async function startRelay(ports, roundTripMs) {
  const child = fork(fileURLToPath(import.meta.url), ['--relay'], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
  const listening = new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', code => reject(new Error(`the relay ended with ${code}`)));
  });
  child.send({ports, roundTripMs});
  return {ports: await listening, close: () => child.kill()};
}

/** Hands chunks on when their time has come; `Infinity` never. */
function delayLine(target, delayMs, source) {
  const line = [];
  let waiting = false;
  const flush = () => {
    waiting = false;
    const now = performance.now();
    while (line.length > 0 && line[0].due <= now) {
      const {chunk} = line.shift();
      if (chunk === undefined) target.end();
      else if (!target.destroyed && !target.write(chunk)) {
        source.pause();
        target.once('drain', () => source.resume());
      }
    }
    if (line.length > 0) wait(line[0].due - now);
  };
  const wait = ms => {
    waiting = true;
    setTimeout(flush, ms);
  };
  return chunk => {
    line.push({chunk, due: performance.now() + delayMs});
    if (!waiting) wait(delayMs);
  };
}

function relay(client, port, roundTripMs) {
  client.setNoDelay(true);
  client.pause();
  client.on('error', () => client.destroy());
  // The server hears of the connection with the last packet of the handshake: one and a half ways after its first.
  setTimeout(() => {
    const server = dial({port, host: '127.0.0.1', noDelay: true});
    server.on('error', () => client.destroy());
    const [there, back] = [delayLine(server, roundTripMs / 2, client), delayLine(client, roundTripMs / 2, server)];
    // What the client said since its end of the handshake has been on its way for half a round trip.
    client.once('data', first => server.write(first));
    client.once('data', () => client.on('data', there));
    client.on('end', () => there(undefined));
    client.on('close', () => server.destroy());
    server.on('data', back);
    server.on('end', () => back(undefined));
    client.resume();
  }, roundTripMs * 1.5);
}

if (process.argv[2] === '--relay') {
  process.once('message', async ({ports, roundTripMs}) => {
    const listening = ports.map(
      port =>
        new Promise(resolve => {
          const server = createServer(client => relay(client, port, roundTripMs));
          server.listen({port: 0, host: '127.0.0.1', backlog: 512}, () => resolve(server.address().port));
        }),
    );
    process.send(await Promise.all(listening));
  });
  process.once('disconnect', () => process.exit());
}
