import {expect, test} from 'vitest';
import {labDirectory} from '../../../src/engine/lab/lab-files.ts';
import {hostShapes, parseReleases, requireBootable} from '../../../src/engine/lab/lab-up.ts';
import {requireLinuxRoot} from '../../../src/engine/lab/requirements.ts';
import {rootKey} from '../../../src/engine/lab/root-recipe.ts';

test.each([
  ['bookworm', ['bookworm', 'bookworm', 'bookworm', 'bookworm']],
  ['mixed', ['bookworm', 'trixie', 'sid', 'bookworm']],
  ['sid,bookworm', ['sid', 'bookworm', 'sid', 'bookworm']],
])('--release %s over four hosts', (text, each) => {
  expect(hostShapes({hosts: 4, release: parseReleases(text)}).map(shape => shape.release)).toEqual(each);
});

test.each(['buster', '', 'bookworm,', 'Sid'])('--release "%s" is refused', text => {
  expect(() => parseReleases(text)).toThrow(expect.objectContaining({code: 'lab-release', exit: 64}));
});

test.each([0, -1, 201, 1.5, Number.NaN])('%s hosts are refused', hosts => {
  expect(() => hostShapes({hosts})).toThrow(expect.objectContaining({code: 'lab-hosts'}));
});

test.each(['', '-a', 'a-', 'A', 'a b', '../x', 'a/b', 'a'.repeat(31), 'é'])(
  '"%s" cannot be the name of a lab',
  name => {
    expect(() => labDirectory(name)).toThrow(expect.objectContaining({code: 'lab-name', exit: 64}));
  },
);

test.each([
  ['sid', 'hybrid', true],
  ['sid', 'v1', true],
  ['sid', 'v2', false],
  ['trixie', 'v1', false],
  ['bookworm', 'hybrid', false],
] as const)('systemd of %s on cgroup %s', (release, mode, refused) => {
  const boot = () => requireBootable(hostShapes({hosts: 1, release, systemd: true}), mode);
  if (refused) expect(boot).toThrow(expect.objectContaining({code: 'lab-systemd-cgroup'}));
  else expect(boot).not.toThrow();
});

test.each([
  ['linux', 1000, /you are not root.*over SSH/],
  ['darwin', 501, /this is darwin.*over SSH/],
  ['win32', undefined, /this is win32.*over SSH/],
])('on %s as user %s a lab says what to do instead', (platform, uid, message) => {
  expect(() => requireLinuxRoot(platform, uid)).toThrow(
    expect.objectContaining({
      code: 'lab-needs-linux-root',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('niyanta host add'),
    }),
  );
});

test('root on Linux may have a lab', () => expect(() => requireLinuxRoot('linux', 0)).not.toThrow());

test('each kind of host has a cached root of its own', () => {
  const kinds = (['bookworm', 'trixie', 'sid'] as const).flatMap(release =>
    [true, false].flatMap(systemd => [true, false].map(prepared => rootKey({release, systemd, prepared}))),
  );
  expect(new Set(kinds).size).toBe(12);
});
