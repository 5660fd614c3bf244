import {setTimeout as sleep} from 'node:timers/promises';
import {pino} from 'pino';
import {expect, test} from 'vitest';
import {Broker} from '../../../../src/engine/coordinator/nats/broker.ts';
import {SayStream} from '../../../../src/engine/coordinator/nats/say-stream.ts';
import type {Store} from '../../../../src/engine/coordinator/store/store.ts';
import type {AgentTerm} from '../../../../src/engine/coordinator/workers/agent.ts';
import {natsServer} from './harness/nats-server.ts';

test('a term that ends while it begins to read what workers said ends, at whatever moment', async () => {
  const server = await natsServer();
  const log = pino({level: 'silent'});
  const broker = new Broker({options: {servers: server.url}, address: server.url, log});
  await broker.connected();
  let ended = 0;
  for (let ms = 0; ms < 25; ms += 0.5) {
    // Nothing is said, so neither the database nor the term is asked.
    const stream = new SayStream({broker, log, store: {} as Store, term: {} as AgentTerm, agent: () => undefined});
    await sleep(ms);
    await stream.end();
    ended += 1;
  }
  expect(ended).toBe(50);
  await broker.close();
});
