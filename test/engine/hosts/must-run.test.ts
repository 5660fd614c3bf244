import {expect, test} from 'vitest';
import {argv} from '../../../src/engine/hosts/command.ts';
import {commandFailed} from '../../../src/engine/hosts/must-run.ts';

const failed = (stderr: string) => {
  const {code, message, transient, host} = commandFailed('h1', 'start backend 2', argv('sh', '-s'), {
    code: 1,
    stdout: '',
    stderr,
  });
  return {code, message, transient, host};
};

test.each([
  'ctr: failed to dial "/run/containerd/containerd.sock": connection error: desc = "transport: error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"',
  'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix:///run/containerd/containerd.sock: timeout"',
  'ctr: connection error: desc = "transport: error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory": unavailable',
  'ctr: error reading from server: EOF: unavailable',
  'ctr: rpc error: code = Unavailable desc = transport is closing',
])('containerd that is just restarting is worth trying again: %s', stderr => {
  expect(failed(stderr)).toEqual({
    code: 'containerd-silent',
    message: 'h1: could not start backend 2: containerd does not answer',
    transient: true,
    host: 'h1',
  });
});

test.each([
  ['cat: write error: No space left on device', 'disk-full', 'h1: could not start backend 2: the disk is full'],
  ['ctr: image "x": not found', 'command-failed', 'h1: could not start backend 2: ctr: image "x": not found'],
  ['registry unavailable', 'command-failed', 'h1: could not start backend 2: registry unavailable'],
  ['', 'command-failed', 'h1: could not start backend 2: exit code 1'],
])('what will not pass by itself is not tried again: %s', (stderr, code, message) => {
  expect(failed(stderr)).toEqual({code, message, transient: false, host: 'h1'});
});
