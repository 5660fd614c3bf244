import {expect, test} from 'vitest';
import {parseHop, sshSettings} from '../../../src/engine/hosts/ssh-config-file.ts';

const config = `
# the first value of each keyword wins
Host bastion
  HostName 10.1.0.1
  Port 2222
  User gate

host db-*  !db-test
  ProxyJump bastion,other@second:2200
  identityfile ~/.ssh/db
  identityfile none
  IdentityFile %d/.ssh/%h-key

Host *.example
  HostName %h.internal
  ProxyJump none

Host *
  User everybody
  Port 22
`;
const none = {hostName: undefined, identityFiles: [], proxyJump: []};

test.each([
  ['a name', 'bastion', {...none, hostName: '10.1.0.1', port: 2222, user: 'gate'}],
  [
    'a pattern, with tokens',
    'db-1',
    {
      hostName: undefined,
      port: 22,
      user: 'everybody',
      identityFiles: ['/home/me/.ssh/db', '/home/me/.ssh/db-1-key'],
      proxyJump: ['bastion', 'other@second:2200'],
    },
  ],
  ['a name that a pattern leaves out', 'db-test', {...none, port: 22, user: 'everybody'}],
  ['no jump', 'www.example', {...none, hostName: 'www.example.internal', port: 22, user: 'everybody'}],
  ['what only * speaks of', '10.0.0.1', {...none, port: 22, user: 'everybody'}],
])('settings of %s', (_, alias, settings) => expect(sshSettings(config, alias, '/home/me')).toEqual(settings));

test('no file, no settings', () =>
  expect(sshSettings('', 'h', '/home/me')).toEqual({...none, port: undefined, user: undefined}));

test.each([
  ['h', {user: undefined, host: 'h', port: undefined}],
  ['me@h:2200', {user: 'me', host: 'h', port: 2200}],
  ['ssh://me@h:2200', {user: 'me', host: 'h', port: 2200}],
  ['me@[fd00::1]:22', {user: 'me', host: 'fd00::1', port: 22}],
])('the hop %s', (hop, parts) => expect(parseHop(hop)).toEqual(parts));
