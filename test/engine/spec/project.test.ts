import {describe, expect, test} from 'vitest';
import {addHost, removeHost, setHostField} from '../../../src/engine/spec/project-edit.ts';
import {errorsOf, project, readProject} from './reading.ts';

describe('a project', () => {
  test('has what is written, and defaults for the rest', async () => {
    const read = await readProject(
      project(
        'hosts:',
        '  h1: {address: 10.0.0.11, user: root, identityFile: ~/.ssh/id, labels: {disk: ssd, rack: 3}, region: eu}',
        '  h2: {address: h2.example, identityFile: keys/id, connectTimeout: 3s}',
        '  me: {local: true}',
        'registries: {registry.example:5000: {username: me, password: "${secret:token}", http: true}}',
      ),
    );
    expect(read).toMatchObject({
      directory: '/p',
      state: {kind: 'file', path: '/p/niyanta.lock.json'},
      runtime: 'auto',
      network: {pool: '10.89.0.0/16'},
      registries: {'registry.example:5000': {username: 'me', password: '${secret:token}', http: true}},
    });
    expect(read.hosts).toMatchObject([
      {name: 'h1', identityFile: '/home/me/.ssh/id', labels: {disk: 'ssd', rack: '3'}, connectTimeoutMs: 10_000},
      {name: 'h2', identityFile: '/p/keys/id', connectTimeoutMs: 3000, drain: false, sudo: false},
      {name: 'me', local: true},
    ]);
  });

  const key = 'SHA256:… (43 characters), as niyanta host add writes it';
  test.each([
    ['nam: x', 'niyanta.yaml:4:1 nam: unknown key, did you mean "name"?'],
    [
      'state: ssh://h1',
      'niyanta.yaml:4:8 state: must be ssh://HOST/PATH: [user@]host[:port] and an absolute path, no password',
    ],
    ['state: postgres://ann:hunter2@db/x', 'niyanta.yaml:4:8 state: holds a password in clear'],
    ['state: ssh://h1/${secret:x}', 'niyanta.yaml:4:8 state: only the password of a postgres:// URL can be a secret'],
    [
      'state: lock.json',
      'niyanta.yaml:4:8 state: must be file:PATH, ssh://HOST/PATH or postgres://HOST/DATABASE, for example file:niyanta.lock.json',
    ],
    ['state: [a]', 'niyanta.yaml:4:8 state: must be a text, is a list'],
    ['runtime: nerdctl', 'niyanta.yaml:4:10 runtime: nerdctl is not in this version'],
    ['runtime: crt', 'niyanta.yaml:4:10 runtime: must be one of auto, ctr, is the text "crt", did you mean "ctr"?'],
    [
      'lab: My Lab',
      'niyanta.yaml:4:6 lab: is not a name for a lab: lower-case letters, digits and dashes, a letter first, no dash at the end',
    ],
    ['hosts: [h1]', 'niyanta.yaml:4:8 hosts: must be a map, is a list'],
    [
      'hosts: {H1: {address: a}}',
      'niyanta.yaml:4:9 hosts.H1: is not a name for a host: lower-case letters, digits and dashes, a letter first, no dash at the end',
    ],
    ['hosts: {h1: {}}', 'niyanta.yaml:4:13 hosts.h1: must have an address, or local: true for this machine'],
    [
      'hosts: {h1: {address: a, local: true}}',
      'niyanta.yaml:4:23 hosts.h1.address: a local host has no address: remove one of the two',
    ],
    ['hosts: {h1: {address: a, adress: b}}', 'niyanta.yaml:4:26 hosts.h1.adress: unknown key, did you mean "address"?'],
    [
      'hosts: {h1: {address: root@a}}',
      'niyanta.yaml:4:23 hosts.h1.address: is not a name or address: no user, no port, no spaces (they have keys of their own)',
    ],
    [
      'hosts: {h1: {address: -oProxyCommand=x}}',
      'niyanta.yaml:4:23 hosts.h1.address: is not a name or address: no user, no port, no spaces (they have keys of their own)',
    ],
    ['hosts: {h1: {address: a, port: 0}}', 'niyanta.yaml:4:32 hosts.h1.port: must be at least 1, is 0'],
    ['hosts: {h1: {address: a, user: a b}}', 'niyanta.yaml:4:32 hosts.h1.user: is not a name of a user'],
    ['hosts: {h1: {address: a, identityFile: ""}}', 'niyanta.yaml:4:40 hosts.h1.identityFile: must not be empty'],
    [
      'hosts: {h1: {address: a, hostKey: SHA256:x}}',
      `niyanta.yaml:4:35 hosts.h1.hostKey: is not a fingerprint of the form ${key}`,
    ],
    [
      'hosts: {h1: {address: a, sudo: yes}}',
      'niyanta.yaml:4:32 hosts.h1.sudo: must be true or false, is the text "yes"',
    ],
    ['hosts: {h1: {address: a, proxyJump: ""}}', 'niyanta.yaml:4:37 hosts.h1.proxyJump: must not be empty'],
    [
      'hosts: {h1: {address: a, connectTimeout: 1}}',
      'niyanta.yaml:4:42 hosts.h1.connectTimeout: is not a length of time: write a number and a unit (ms, s, m, h, d), for example 10s or 1m30s',
    ],
    ['hosts: {h1: {address: a, labels: [x]}}', 'niyanta.yaml:4:34 hosts.h1.labels: must be a map, is a list'],
    ['hosts: {h1: {address: a, region: {}}}', 'niyanta.yaml:4:34 hosts.h1.region: must be a text, is a map'],
    ['hosts: {h1: {address: a, drain: 1}}', 'niyanta.yaml:4:33 hosts.h1.drain: must be true or false, is 1'],
    [
      'hosts: {h1: {address: a}, h1: {address: b}}',
      'niyanta.yaml:4:27 hosts.h1: is written twice; the first is in line 4',
    ],
    [
      'registries: {a b: {}}',
      'niyanta.yaml:4:14 registries."a b": is not a registry: a host name, with :port where needed',
    ],
    ['registries: {r: {pass: x}}', 'niyanta.yaml:4:18 registries.r.pass: unknown key, did you mean "password"?'],
    [
      'registries: {r: {username: "${secret:a}"}}',
      'niyanta.yaml:4:28 registries.r.username: a secret cannot be used here: it would show in process lists, plans or state',
    ],
    [
      'registries: {r: {http: maybe}}',
      'niyanta.yaml:4:24 registries.r.http: must be true or false, is the text "maybe"',
    ],
    ['network: {pool: 10.0.0.0}', 'niyanta.yaml:4:17 network.pool: is not an IPv4 range such as 10.89.0.0/16'],
    [
      'network: {pool: 10.0.0.0/24}',
      'niyanta.yaml:4:17 network.pool: must have from 8 to 22 bits of prefix, so that several /24 fit into it',
    ],
    ['network: {pool: 10.1.0.0/8}', 'niyanta.yaml:4:17 network.pool: does not start at a border of a /8'],
  ])('%s', async (line, error) => {
    expect(await errorsOf(readProject(project(line)))).toEqual([error]);
  });
});

describe('hosts are edited in the text', () => {
  const text =
    '# mine\nname: shop # name\nhosts:\n  # first\n  h1: {address: 10.0.0.1} # one\n  h2:\n    address: 10.0.0.2\n';

  test('adding keeps comments and the form of the others', () => {
    expect(addHost(text, 'h3', {address: '10.0.0.3', sudo: true})).toBe(
      `${text}  h3: {address: 10.0.0.3, sudo: true}\n`,
    );
    expect(addHost('kind: Project\n', 'h1', {local: true})).toBe('kind: Project\nhosts:\n  h1: {local: true}\n');
    expect(addHost('hosts: {}\n', 'h1', {local: true})).toBe('hosts:\n  h1: {local: true}\n');
    expect(() => addHost(text, 'h1', {local: true})).toThrow('already has a host h1');
  });

  test('removing takes one host', () => {
    expect(removeHost(text, 'h2')).toBe(
      '# mine\nname: shop # name\nhosts:\n  # first\n  h1: {address: 10.0.0.1} # one\n',
    );
    expect(() => removeHost(text, 'h3')).toThrow('the project has no host "h3", did you mean "h1"?');
  });

  test('a field is set, changed and removed', () => {
    const drained = setHostField(text, 'h1', 'drain', true);
    expect(drained).toBe(text.replace('10.0.0.1}', '10.0.0.1, drain: true}'));
    expect(setHostField(drained, 'h1', 'drain', false)).toBe(drained.replace('true', 'false'));
    expect(setHostField(drained, 'h1', 'drain', undefined)).toBe(text);
    expect(() => setHostField(text, 'h9', 'drain', true)).toThrow('no host "h9"');
  });
});
