// Builds dist/ from src/: few files, since Node takes a fifth of a millisecond for each that it loads, and the manifest
// that lets oclif start without loading every command.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import process from 'node:process';
import {rolldown} from 'rolldown';
import {root} from './node24.mjs';

/** Loaded from node_modules as they are: what is seldom needed, and what brings binaries or files of its own. */
const leftOut = [
  'ink',
  'react',
  'listr2',
  '@inquirer/prompts',
  'node-pty',
  'ssh2',
  'fastify',
  '@fastify',
  'pino',
  '@grpc',
];

const dist = join(root, 'dist');
rmSync(dist, {recursive: true, force: true});
const bundle = await rolldown({
  input: Object.fromEntries(entries().map(path => [path.replace(/\.ts$/, ''), join(root, 'src', path)])),
  external: id => leftOut.some(name => id === name || id.startsWith(`${name}/`)),
  platform: 'node',
  tsconfig: join(root, 'tsconfig.json'),
});
const {output} = await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
writeFileSync(join(dist, 'LICENSES.txt'), licencesOf(output.flatMap(file => file.moduleIds ?? [])));
writeManifest();

/** What is loaded by its path: the main module, and by oclif the commands, hooks and help. */
function entries() {
  const all = readdirSync(join(root, 'src'), {recursive: true}).filter(path => path.endsWith('.ts'));
  return all.filter(path => /^(commands|cli\/hooks)\/|^cli\/(main|help)\.ts$/.test(path));
}

/** The licences of the packages that are in the bundle, as they want to be handed on. */
function licencesOf(modules) {
  const folders = new Set(modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const texts = [...folders].sort().map(folder => {
    const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter(file => /^(licen[cs]e|notice)/i.test(file));
    return [`${name} ${version}: ${license}`, ...files.map(file => readFileSync(join(folder, file), 'utf8'))].join(
      '\n\n',
    );
  });
  return `${texts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`;
}

function writeManifest() {
  const script = join('node_modules', 'oclif', 'bin', 'run.js');
  const env = {...process.env, NODE_ENV: 'production'};
  const {status} = spawnSync(process.execPath, [script, 'manifest', '.'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    env,
  });
  if (status !== 0 || !existsSync(join(root, 'oclif.manifest.json'))) process.exit(status || 1);
}
