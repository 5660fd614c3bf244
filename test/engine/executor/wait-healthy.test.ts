import type {AddressInfo, Socket} from 'node:net';
import {connect, createServer} from 'node:net';
import {afterEach, expect, test} from 'vitest';
import {TaskWatch} from '../../../src/engine/executor/task-watch.ts';
import {waitHealthy} from '../../../src/engine/executor/wait-healthy.ts';
import type {Connection} from '../../../src/engine/hosts/connection.ts';
import type {Health} from '../../../src/engine/spec/stack.ts';
import {sampleSpec} from '../runtime/sample-spec.ts';

const opened: {close: () => void}[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** A container whose port is a real one of this machine, which answers once it has been dialled so often. */
async function container(answersAfter: number, check: Health['check']) {
  const asked: string[] = [];
  const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1');
  opened.push(server);
  await new Promise(resolve => server.once('listening', resolve));
  const {port} = server.address() as AddressInfo;
  const spec = sampleSpec({
    id: 'web-1',
    restart: 'always',
    health: {check, intervalMs: 10, timeoutMs: 1000, retries: 3, startPeriodMs: 60_000},
  });
  const connection = {
    host: spec.host,
    dial: async (): Promise<Socket> => {
      asked.push('dial');
      if (asked.filter(one => one === 'dial').length <= answersAfter) throw new Error('connection refused');
      const socket = connect(port, '127.0.0.1');
      await new Promise(resolve => socket.once('connect', resolve));
      return socket;
    },
    run: async () => {
      asked.push('run');
      return {code: 0, stdout: `TASK PID STATUS\n${spec.id} 1 RUNNING\n`, stderr: ''};
    },
  } as unknown as Connection;
  const wait = (made: boolean) =>
    waitHealthy({
      connection,
      tasks: new TaskWatch(connection, Date.now),
      spec,
      made,
      now: Date.now,
      context: {signal: new AbortController().signal, onProgress: () => undefined},
    });
  return {asked, wait};
}

test('one that has just been made and answers is healthy: containerd is not asked', async () => {
  const {asked, wait} = await container(0, {kind: 'tcp', port: 80});
  await wait(true);
  expect(asked).toEqual(['dial']);
});

test('one that does not answer yet is looked at, and asked again', async () => {
  const {asked, wait} = await container(2, {kind: 'tcp', port: 80});
  await wait(true);
  expect(asked.slice(0, 2)).toEqual(['dial', 'run']);
  expect(asked.at(-1)).toBe('dial');
  expect(asked.filter(one => one === 'dial')).toHaveLength(3);
});

test('one that was there before is looked at first: it may have been restarted over and over', async () => {
  const {asked, wait} = await container(0, {kind: 'tcp', port: 80});
  await wait(false);
  expect(asked[0]).toBe('run');
});
