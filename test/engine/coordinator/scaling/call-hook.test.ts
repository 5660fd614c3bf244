import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {expect, onTestFinished, test} from 'vitest';
import {callHook, type HookWish} from '../../../../src/engine/coordinator/scaling/call-hook.ts';

const wish: HookWish = {action: 'add', count: 2, reason: '3 workloads wait for room', workers: ['h1'], waiting: 3};
const soon = () => AbortSignal.timeout(20_000);

test('a program gets the wish on its standard input, in its own folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-hook-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await callHook({kind: 'command', argv: ['sh', '-c', 'cat > "$1"', 'sh', 'wish'], directory: folder}, wish, soon());
  expect(JSON.parse(await readFile(join(folder, 'wish'), 'utf8'))).toEqual(wish);
});

test.each([
  ['fails', ['sh', '-c', 'echo no machines left >&2; exit 3'], 'sh ended with 3: no machines left'],
  ['is not there', ['/nowhere/hook'], '/nowhere/hook could not be run: spawn /nowhere/hook ENOENT'],
])('a program that %s says why', async (_, argv, message) => {
  await expect(callHook({kind: 'command', argv, directory: '/'}, wish, soon())).rejects.toMatchObject({
    code: 'scaling-hook-failed',
    message,
  });
});

test('a program that does not end is ended with its time', async () => {
  const argv = ['sleep', '1000'];
  await expect(callHook({kind: 'command', argv, directory: '/'}, wish, AbortSignal.timeout(50))).rejects.toMatchObject({
    code: 'scaling-hook-failed',
  });
});

test('an address gets it as JSON, with the token; what it answers with an error is told', async () => {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    asked.push([request.method, request.headers.authorization, JSON.parse(await text(request))]);
    response.writeHead(asked.length === 1 ? 204 : 500).end(asked.length === 1 ? undefined : 'out of quota');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scale`;
  const hook = {kind: 'url', url, token: async () => 'hush'} as const;
  await callHook(hook, wish, soon());
  expect(asked).toEqual([['POST', 'Bearer hush', wish]]);
  const error = await callHook(hook, wish, soon()).catch((each: Error) => each);
  expect(error).toMatchObject({message: expect.stringContaining('answered 500: out of quota')});
  expect(String(error)).not.toContain('hush');
});
