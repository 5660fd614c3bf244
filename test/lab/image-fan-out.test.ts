import {randomBytes} from 'node:crypto';
import {expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 3});

const stack = (file: string) => `
apiVersion: niyanta/v1
kind: Stack
name: large
services:
  web:
    archive: ./${file}
    replicas: 3
    placement: {spread: host}
    stop: {grace: 100ms}
`;

interface ProgressEvent {
  readonly type: string;
  readonly message?: string;
}

/** An image whose second layer is 12 MB that nothing compresses. */
const large = () => busyboxArchive({files: {'/large': randomBytes(9_000_000).toString('base64')}});

const messagesOf = (stdout: string): readonly string[] =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as ProgressEvent)
    .flatMap(({type, message}) => (type === 'operation-progress' && message ? [message] : []));

test('a large image leaves this machine once; the other hosts take it from those that have it', async () => {
  const project = await lab().project(stack('one.tar'), {'one.tar': await large()});
  const done = await project.niyanta(['apply', '--yes', '--json']);
  expect(done, done.stderr).toMatchObject({code: 0});
  const messages = messagesOf(done.stdout);
  const givers = new Set(messages.filter(text => text.startsWith('taking it from')));
  expect(givers.size).toBeGreaterThan(0);
  expect(messages).toContain('sending');
  for (const host of ['h1', 'h2', 'h3']) {
    await expect.poll(() => lab().sh(host, 'pgrep -fc "[p]erl -e" || true')).toBe('0\n');
    expect((await lab().sh(host, 'ctr -n niyanta images ls -q')).trim()).not.toBe('');
  }

  // Hosts that do not let each other through get it from here, and the apply goes on.
  await Promise.all(
    ['h1', 'h2', 'h3'].map(host => lab().sh(host, 'iptables -I INPUT -p tcp --dport 32768:60999 -j REJECT')),
  );
  await project.write('two.tar', await large());
  await project.write('stack.yaml', stack('two.tar'));
  const blocked = await project.niyanta(['apply', '--yes', '--json']);
  expect(blocked, blocked.stderr).toMatchObject({code: 0});
  expect(messagesOf(blocked.stdout).join()).toContain('does not get through to it; sending');
});
