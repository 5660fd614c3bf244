import {relative, resolve} from 'node:path';
import type {ImageSource, Stack} from './spec/stack.ts';

/** A stack as the lock file keeps it: paths relative to the project, so that a clone elsewhere can roll back, too. */
export const portable = (stack: Stack, directory: string): Stack =>
  withPaths(stack, path => relative(directory, path) || '.');

/** A stack out of the lock file, with absolute paths again. */
export const atHome = (stack: Stack, directory: string): Stack => withPaths(stack, path => resolve(directory, path));

const withPaths = (stack: Stack, turn: (path: string) => string): Stack => ({
  ...stack,
  // Stacks applied before there were routes have none in the state.
  routes: stack.routes ?? [],
  services: stack.services.map(service => ({...service, image: imageWithPaths(service.image, turn)})),
});

function imageWithPaths(image: ImageSource, turn: (path: string) => string): ImageSource {
  if (image.kind === 'archive') return {...image, path: turn(image.path)};
  if (image.kind === 'build') return {...image, context: turn(image.context), file: turn(image.file)};
  return image;
}
