// Builds dist/ from src/, and the manifest that lets oclif start without loading every command.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';

rmSync(join(root, 'dist'), {recursive: true, force: true});
run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json');
copyAssets(join(root, 'src'), join(root, 'dist'));
run(join('node_modules', 'oclif', 'bin', 'run.js'), 'manifest', '.');

function run(script, ...args) {
  const env = {...process.env, NODE_ENV: 'production'};
  const {status} = spawnSync(process.execPath, [script, ...args], {cwd: root, stdio: ['ignore', 2, 'inherit'], env});
  if (status !== 0) process.exit(status ?? 1);
}

/** Everything that is not TypeScript lies in dist/ at the same place as in src/. */
function copyAssets(from, to) {
  for (const entry of readdirSync(from, {withFileTypes: true})) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyAssets(source, target);
    else if (!entry.name.endsWith('.ts') && existsSync(source)) cpSync(source, target);
  }
}
