import {expect, test} from 'vitest';
import {hasPasswordInClear, parseStateLocation, stateText} from '../../../src/engine/spec/state-location.ts';

const parse = (text: string) => parseStateLocation(text, '/p', '/home/me');

test.each([
  ['file:niyanta.lock.json', {kind: 'file', path: '/p/niyanta.lock.json'}, 'file:/p/niyanta.lock.json'],
  ['file:~/x.json', {kind: 'file', path: '/home/me/x.json'}, 'file:/home/me/x.json'],
  ['ssh://h1/var/lib/shop.lock.json', {kind: 'ssh', host: 'h1', path: '/var/lib/shop.lock.json'}, undefined],
  [
    'ssh://deploy@[fd00::1]:2222/srv/a b.json',
    {kind: 'ssh', user: 'deploy', host: 'fd00::1', port: 2222, path: '/srv/a b.json'},
    undefined,
  ],
  [
    'postgres://ann@/state?host=%2Frun%2Fpostgresql',
    {kind: 'postgres', user: 'ann', database: 'state', options: {host: '/run/postgresql'}},
    undefined,
  ],
  ['postgres:///niyanta', {kind: 'postgres', database: 'niyanta', options: {}}, undefined],
  [
    'postgresql://ann:p%40ss%2F@db.example:6432/state?sslmode=verify-full',
    {
      kind: 'postgres',
      user: 'ann',
      password: 'p@ss/',
      host: 'db.example',
      port: 6432,
      database: 'state',
      options: {sslmode: 'verify-full'},
    },
    'postgres://ann:***@db.example:6432/state?sslmode=verify-full',
  ],
  [
    'postgres://ann:${secret:db-password}@[::1]/state',
    {kind: 'postgres', user: 'ann', password: '${secret:db-password}', host: '::1', database: 'state', options: {}},
    'postgres://ann:***@[::1]/state',
  ],
])('%s is read, and shown without a password', (text, location, shown) => {
  expect(parse(text)).toEqual(location);
  expect(stateText(location as never)).toBe(shown ?? text);
});

test.each([
  ['lock.json', 'must be file:PATH'],
  ['file:', 'must be file:PATH'],
  ['ssh://h1', 'absolute path'],
  ['ssh://user:pass@h1/x.json', 'no password'],
  ['ssh://-oProxyCommand=x/y', 'absolute path'],
  ['ssh://h1/var/lib/', 'the path of a file'],
  ['ssh://h1/var/../x.json', 'the path of a file'],
  ['ssh://h1:70000/x.json', 'is not a port'],
  ['ssh://h1/${secret:x}', 'only the password'],
  ['postgres://u:a/b@h/db', 'percent-encode'],
  ['postgres://h/a/b', 'percent-encode'],
  ['postgres://h/db?password=x', 'has the parameter password'],
  ['postgres://h/db?sslmode=maybe', 'sslmode must be one of'],
  ['postgres://${secret:user}@h/db', 'only the password'],
])('%s is refused, and why is said', (text, why) => {
  const parsed = parse(text);
  expect('wrong' in parsed && parsed.wrong).toContain(why);
});

test.each([
  ['postgres://ann:hunter2@h/db', true],
  ['postgres://ann:x${env:REST}@h/db', true],
  ['postgres://ann:hunter2@${env:HOST}/db', true],
  ['postgres://ann:${env:PW}@h/db', false],
  ['postgres://ann:${secret:pw}@h/db', false],
  ['postgres://ann@h/db', false],
  ['${env:STATE_URL}', false],
  ['ssh://ann@h/x.json', false],
])('whether %s has a password in clear: %s', (written, clear) => expect(hasPasswordInClear(written)).toBe(clear));
