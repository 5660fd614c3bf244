import {cpSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {root} from './node24.mjs';

/** Copies niyanta as built into a new folder: what the package has, and of its dependencies those that it runs with. */
export function copyApp(app) {
  mkdirSync(app);
  const {files} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of ['package.json', 'LICENSE', ...files])
    cpSync(join(root, name), join(app, name), {recursive: true});
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const needed = Object.entries(lock.packages).filter(([path, {dev, devOptional}]) => path && !dev && !devOptional);
  for (const [path] of needed.filter(([path]) => existsSync(join(root, path)))) {
    // Each package by itself: what is below it in node_modules is listed by itself.
    const own = source => !source.slice(join(root, path).length + 1).startsWith('node_modules');
    cpSync(join(root, path), join(app, path), {recursive: true, filter: own});
  }
}
