import {type AddressInfo, createServer, connect as dial} from 'node:net';
import ssh2 from 'ssh2';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {letIn} from '../../../src/engine/hosts/at-the-door.ts';
import {attempts, fingerprintOf, type HostKeyTrust} from '../../../src/engine/hosts/host-key.ts';

/** A listening SSH server that is no host: it notes what it is sent, and hangs up on the first `rude` newcomers. */
const key = freshKey();
const seen = {connections: 0, logins: 0};
let rude = 0;
const server = new ssh2.Server({hostKeys: [key.private]}, client => {
  client.on('error', () => undefined);
  client.on('authentication', context => {
    seen.logins += 1;
    context.reject();
  });
});
const door = createServer(socket => {
  seen.connections += 1;
  socket.on('error', () => undefined);
  if (rude-- > 0) return socket.destroy();
  const through = dial((server.address() as AddressInfo).port, '127.0.0.1');
  through.on('error', () => undefined);
  socket.pipe(through).pipe(socket);
});

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  door.close();
});

const fingerprint = () => {
  const parsed = ssh2.utils.parseKey(key.public);
  if (parsed instanceof Error) throw parsed;
  return fingerprintOf(parsed.getPublicSSH());
};

const knock = (pinned: string, timeoutMs = 10_000) => {
  const {port} = door.address() as AddressInfo;
  const trust: HostKeyTrust = {kind: 'pinned', fingerprint: pinned};
  const endpoint = {name: 'h1', address: '127.0.0.1', port, user: 'root', identityFiles: [], timeoutMs};
  const [algorithms = []] = attempts(trust);
  const how = {algorithms, trust, identities: [], deadline: Date.now() + timeoutMs};
  return letIn(endpoint, how, async () => undefined);
};

test('a host key that is not the pinned one is refused, and the server is sent no user name', async () => {
  Object.assign(seen, {connections: 0, logins: 0});
  expect(await knock(`SHA256:${'A'.repeat(43)}`)).toHaveProperty('refused');
  // It would have come with the packet after the key exchange.
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(seen).toEqual({connections: 1, logins: 0});
});

test('a server that hangs up on newcomers is asked again', async () => {
  Object.assign(seen, {connections: 0, logins: 0});
  rude = 3;
  // Let in at the fourth time, and then refused for its key: that is no reason to ask again.
  expect(await knock(`SHA256:${'A'.repeat(43)}`)).toHaveProperty('refused');
  expect(seen).toEqual({connections: 4, logins: 0});
});

test('one that always hangs up is unreachable when the time for connecting is over', async () => {
  rude = Number.POSITIVE_INFINITY;
  await expect(knock(fingerprint(), 700)).rejects.toMatchObject({code: 'host-unreachable', transient: true});
  rude = 0;
});

test('one that lets nobody in is not asked again', async () => {
  Object.assign(seen, {connections: 0, logins: 0});
  await expect(knock(fingerprint())).rejects.toMatchObject({code: 'authentication-failed'});
  expect(seen.connections).toBe(1);
});

/** ssh2 makes a key that it cannot read itself once in a few hundred times. */
function freshKey() {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
