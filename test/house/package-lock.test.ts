import {expect, test} from 'vitest';
import {textOf} from './sources.ts';

interface Locked {
  readonly packages: Readonly<Record<string, {readonly optionalDependencies?: Readonly<Record<string, string>>}>>;
}

// npm leaves those of other platforms out when its registry does not have them, and then refuses `npm ci`.
test('the lock names every optional package, so that npm ci takes it', () => {
  const {packages} = JSON.parse(textOf('package-lock.json')) as Locked;
  const paths = new Set(Object.keys(packages));
  const missing = Object.entries(packages).flatMap(([path, {optionalDependencies = {}}]) =>
    Object.keys(optionalDependencies).filter(
      name => !paths.has(`node_modules/${name}`) && !paths.has(`${path}/node_modules/${name}`),
    ),
  );
  expect(missing).toEqual([]);
});
