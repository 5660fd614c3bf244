// Runs a script under a Node that is new enough: `node scripts/node24.mjs SCRIPT [ARGUMENT…]`. Plain Node ≥ 18.
import {spawn} from 'node:child_process';
import {existsSync, realpathSync} from 'node:fs';
import {constants} from 'node:os';
import {dirname, join} from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const needed = [22, 18];

/** Path of a Node ≥ 22.18: this one, else the one that npm brought; undefined when there is neither. */
export function newEnoughNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return process.execPath;
  const brought = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(brought) ? brought : undefined;
}

/** Runs a program with our terminal, passes signals on, resolves to its exit code. */
export function follow(command, args, options = {}) {
  const child = spawn(command, args, {stdio: 'inherit', cwd: root, ...options});
  // A terminal sends Ctrl-C to the child as well; it decides what that means.
  const ignore = () => {};
  const pass = signal => child.kill(signal);
  process.on('SIGINT', ignore);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      for (const name of ['SIGTERM', 'SIGHUP']) process.off(name, pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

async function main([script, ...args]) {
  if (script === undefined) throw new Error('usage: node scripts/node24.mjs SCRIPT [ARGUMENT…]');
  const node = newEnoughNode();
  if (node === undefined) {
    process.stderr.write(
      `Node ${needed.join('.')} or later is needed, this is ${process.versions.node}. ` +
        'Install Node 24, or run `npm ci --ignore-scripts`, which brings one on Linux.\n',
    );
    return 64;
  }
  return follow(node, [script, ...args], {cwd: process.cwd()});
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await main(process.argv.slice(2)));
}
