import {expect, test} from 'vitest';
import {can, unsupported} from '../../../src/engine/runtime/capabilities.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import {runArguments} from '../../../src/engine/runtime/containers/run-arguments.ts';
import {sampleSpec} from './sample-spec.ts';

const words = (wish: Partial<ContainerSpec> = {}, containerd = '1.6.20', entrypoint: string[] = []) =>
  runArguments(sampleSpec(wish), {containerd, entrypoint});

/** The words that a wish adds to those of a plain container. */
function added(wish: Partial<ContainerSpec>, containerd = '2.1.9'): readonly string[] {
  const plain = [...words({}, containerd)];
  return words(wish, containerd).filter(word => {
    const at = word.startsWith('niyanta.spec=')
      ? plain.findIndex(one => one.startsWith('niyanta.spec='))
      : plain.indexOf(word);
    if (at >= 0) plain.splice(at, 1);
    return at < 0;
  });
}

test('a plain container, in full', () => {
  expect(words().map(word => word.replace(/^(niyanta\.spec=).*/, '$1…'))).toEqual(
    `--label niyanta.project=demo --label niyanta.stack=shop --label niyanta.environment=default
     --label niyanta.service=backend --label niyanta.replica=2 --label niyanta.address=10.89.3.7 --label niyanta.spec=…
     --label containerd.io/restart.loguri=binary:///usr/local/lib/niyanta/logger
     --label containerd.io/restart.policy=always
     --log-uri binary:///usr/local/lib/niyanta/logger
     --with-ns network:/run/netns/shop-default-backend-2-1a2b3c
     --env-file /proc/self/fd/9
     --mount type=bind,src=/var/lib/niyanta/hosts/shop-default-backend-2-1a2b3c,dst=/etc/hosts,options=rbind:ro
     --mount type=bind,src=/var/lib/niyanta/hosts/shop-default-backend-2-1a2b3c.hostname,dst=/etc/hostname,options=rbind:ro
     --mount type=bind,src=/var/lib/niyanta/hosts/shop-default-backend-2-1a2b3c.resolv,dst=/etc/resolv.conf,options=rbind:ro
     --cap-drop CAP_MKNOD --cap-drop CAP_NET_RAW --cap-drop CAP_AUDIT_WRITE
     --seccomp docker.io/shop/backend:1.4 shop-default-backend-2-1a2b3c`.split(/\s+/),
  );
});

test.each<[string, Partial<ContainerSpec>, string[]]>([
  ['labels', {labels: {'a/b': 'c d=e'}}, ['--label', 'a/b=c d=e']],
  ['user', {user: '1000:1000'}, ['--user', '1000:1000']],
  ['workdir', {workdir: '/srv/a b'}, ['--cwd', '/srv/a b']],
  ['readOnly', {readOnly: true}, ['--read-only']],
  ['noNewPrivileges: false', {noNewPrivileges: false}, ['--allow-new-privs']],
  ['cpu', {resources: {cpu: 0.5}}, ['--cpus', '0.5']],
  ['memory', {resources: {memory: 64 << 20}}, ['--memory-limit', '67108864']],
  ['a command', {command: ['a', '-b', '']}, ['a', '-b', '']],
  ['an entrypoint', {entrypoint: ['/bin/a', 'b']}, ['/bin/a', 'b']],
  ['an entrypoint and a command', {entrypoint: ['/bin/a'], command: ['b']}, ['/bin/a', 'b']],
  [
    'sizes of logs',
    {logs: {maxSize: 1 << 20, maxFiles: 5}},
    [
      'containerd.io/restart.loguri=binary:///usr/local/lib/niyanta/logger?files=5&size=1048576',
      'binary:///usr/local/lib/niyanta/logger?files=5&size=1048576',
    ],
  ],
  [
    'a volume',
    {volumes: [{volume: 'v', source: '/var/lib/niyanta/volumes/x/v', target: '/data', readOnly: true}]},
    ['--mount', 'type=bind,src=/var/lib/niyanta/volumes/x/v,dst=/data,options=rbind:ro'],
  ],
  [
    'a mount whose path is no plain field of CSV',
    {mounts: [{source: '/a,"b', target: '/c\nd', readOnly: false}]},
    ['--mount', 'type=bind,"src=/a,""b","dst=/c\nd",options=rbind:rw'],
  ],
  ['a capability that everyone has', {capabilities: {add: ['CHOWN'], drop: []}}, []],
  ['restart: on-failure', {restart: 'on-failure'}, ['containerd.io/restart.policy=on-failure']],
])('%s adds its words', (_, wish, expected) => {
  expect(added(wish)).toEqual(expected);
});

const capabilities = (add: string[], drop: string[]): {added: string[]; dropped: string[]} => {
  const all = words({capabilities: {add, drop}});
  const after = (flag: string) => all.filter((_, at) => all[at - 1] === flag).map(name => name.replace('CAP_', ''));
  return {added: after('--cap-add'), dropped: after('--cap-drop')};
};

test('a container has few capabilities by default, and those that are asked for', () => {
  expect(capabilities([], [])).toEqual({added: [], dropped: ['MKNOD', 'NET_RAW', 'AUDIT_WRITE']});
  expect(capabilities(['NET_RAW'], [])).toEqual({added: [], dropped: ['MKNOD', 'AUDIT_WRITE']});
  expect(capabilities(['net_admin'], ['CAP_CHOWN'])).toEqual({
    added: ['NET_ADMIN'],
    dropped: ['CHOWN', 'MKNOD', 'NET_RAW', 'AUDIT_WRITE'],
  });
  expect(capabilities([], ['ALL']).dropped).toHaveLength(14);
  const one = capabilities(['KILL', 'SYS_TIME'], ['all']);
  expect(one.added).toEqual(['SYS_TIME']);
  expect(one.dropped).toHaveLength(13);
  expect(one.dropped).not.toContain('KILL');
  expect(capabilities(['ALL'], [])).toMatchObject({added: expect.arrayContaining(['SYS_ADMIN', 'BPF']), dropped: []});
});

test('what takes something away', () => {
  expect(words({restart: 'never'}).join(' ')).not.toContain('containerd.io/restart');
  expect(words({seccomp: 'unconfined'})).not.toContain('--seccomp');
});

test('a command stands behind the entrypoint, which without a command is left to the image', () => {
  expect(words({command: ['x']}, '2.1.9', ['/entry', '-v']).slice(-4)).toEqual([
    'shop-default-backend-2-1a2b3c',
    '/entry',
    '-v',
    'x',
  ]);
  expect(words({}, '2.1.9', ['/entry', '-v']).at(-1)).toBe('shop-default-backend-2-1a2b3c');
});

test.each([
  ['1.6.20', false],
  ['1.7.0', true],
  ['1.7.24~ds1', true],
  ['2.1.9', true],
  ['10.0.0', true],
  ['0.9', false],
  ['', false],
])('containerd %j knows the user, hostname and restart policy: %s', (version, knows) => {
  expect([can(version, 'user'), can(version, 'hostname'), can(version, 'restartPolicy')]).toEqual([
    knows,
    knows,
    knows,
  ]);
  expect(words({}, version).includes('--hostname')).toBe(knows);
  expect(unsupported({user: '1', restart: 'on-failure'}, version)).toHaveLength(knows ? 0 : 2);
  expect(unsupported({restart: 'always'}, version)).toEqual([]);
});

test('what containerd cannot do is said with what it would need', () => {
  expect(unsupported({user: '1000', restart: 'on-failure'}, '1.6.20')).toEqual([
    "user 1000 needs containerd 1.7, it has 1.6.20 (the image's own user works)",
    'restart: on-failure needs containerd 1.7, it has 1.6.20 (always and never work)',
  ]);
});
