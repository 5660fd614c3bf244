// Plain JavaScript that any Node can read: finds a Node that is new enough, then starts niyanta.
import {existsSync, readFileSync} from 'node:fs';
import module from 'node:module';
import {constants, homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const needed = [22, 18];

/** Starts niyanta from the given main module; under an old Node, again under the one that npm brought. */
export async function start(entry, bin) {
  if (!newEnough()) return again(bin);
  const argv = process.argv.slice(2);
  if (argv.length === 1 && argv[0] === '--version') return version();
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? path.join(cache, 'niyanta', 'compile'));
  const {main} = await import(entry);
  await main(argv, root);
}

function newEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/** Without loading anything: `niyanta/0.1.0 linux-x64 node-v24.0.0`. */
function version() {
  const {name, version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
}

async function again(bin) {
  const node = path.join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (!existsSync(node)) {
    process.stderr.write(
      `error: niyanta needs Node ${needed.join('.')} or later, this is ${process.versions.node}\n` +
        `  → Install Node 24, or run npm install in ${root}, which brings one on Linux.\n`,
    );
    process.exit(64);
  }
  const {spawn} = await import('node:child_process');
  const child = spawn(node, [bin, ...process.argv.slice(2)], {stdio: 'inherit'});
  // A terminal sends Ctrl-C to the child as well; other signals are passed on.
  process.on('SIGINT', () => {});
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
