import {expect, test} from 'vitest';
import {digestName, parseReference, referenceName, sentName} from '../../../../src/engine/runtime/images/index.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['postgres', 'docker.io/library/postgres:latest'],
  ['postgres:15', 'docker.io/library/postgres:15'],
  ['shop/backend:1.4', 'docker.io/shop/backend:1.4'],
  ['registry.example:5000/shop/backend', 'registry.example:5000/shop/backend:latest'],
  [`postgres@${digest}`, `docker.io/library/postgres@${digest}`],
  [`localhost/a:1@${digest}`, `localhost/a:1@${digest}`],
])('%s is %s in containerd', (written, full) => expect(referenceName(written)).toBe(full));

test.each(['', 'Upper/Case', 'a b', 'x:', 'x@sha256:1', '--flag', '$(reboot)'])('%j is refused', written => {
  expect(() => parseReference(written)).toThrow(expect.objectContaining({code: 'invalid-image'}));
});

test('what a tag means is kept under its digest', () => {
  expect(digestName('postgres:15', digest)).toBe(`docker.io/library/postgres@${digest}`);
});

test.each([
  ['shop', 'backend', 'niyanta.local/shop/backend:aaaaaaaaaaaa'],
  ['My Shop', '../Weird_Näme', 'niyanta.local/my-shop/weird-n-me:aaaaaaaaaaaa'],
  ['…', '', 'niyanta.local/image/image:aaaaaaaaaaaa'],
])('what is sent for project %j as %j is named %s', (project, label, name) => {
  expect(sentName(project, label, digest)).toBe(name);
  expect(parseReference(name).full).toBe(name);
});
