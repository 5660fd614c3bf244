// `npm run quickstart`: from a fresh checkout to examples/shop running on a lab of three hosts. Plain Node ≥ 18.
// `npm run quickstart -- --down` removes all of it again, with `--all` what was kept for a next time, too.
import {spawnSync} from 'node:child_process';
import {readdirSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {follow, newEnoughNode, root} from './node24.mjs';
import {debianPackages, installDebianPackages, installModules} from './packages.mjs';

const labName = 'shop';
const shop = join(root, 'examples', 'shop');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'niyanta');

process.exit(await main(process.argv.slice(2)));

async function main(words) {
  const unknown = words.find(word => !['--down', '--all'].includes(word));
  if (unknown !== undefined || (words.includes('--all') && !words.includes('--down'))) {
    say('usage: npm run quickstart                    start the example');
    say('       npm run quickstart -- --down [--all]  remove it again, and with --all its caches');
    return 64;
  }
  if (process.platform !== 'linux' || process.getuid() !== 0) return sayHostsOfYourOwn();
  return words.includes('--down') ? down(words.includes('--all')) : up();
}

function sayHostsOfYourOwn() {
  const why =
    process.platform === 'linux' ? 'Linux and root, and you are not root' : `Linux, and this is ${process.platform}`;
  say(
    `The quickstart makes three throw-away hosts on this machine, which takes ${why}. ` +
      (process.platform === 'linux'
        ? 'Type `sudo npm run quickstart`, or use hosts of your own: '
        : 'Use hosts of your own: ') +
      'any Linux machine that you reach over SSH as root, or as a user with passwordless sudo. Install niyanta with ' +
      '`npm ci --ignore-scripts && npm run build`, then `node bin/run.js init`, ' +
      '`node bin/run.js host add h1 ADDRESS --user root`, `node bin/run.js host prepare h1` and ' +
      '`node bin/run.js apply`.',
  );
  return 1;
}

async function up() {
  const from = Date.now();
  installModules();
  const missing = installDebianPackages('lab', 'images');
  if (missing.length > 0) {
    say(`The lab needs these Debian packages, which could not be installed here: ${missing.join(' ')}`);
    return 1;
  }
  const steps = [
    ['building niyanta', () => script('scripts', 'build.mjs')],
    ['starting a lab of three hosts', () => niyanta('lab', 'up', '--hosts', '3', '--name', labName)],
    ["building the example's images", () => script('examples', 'shop', 'prepare-images.mjs')],
    ['niyanta plan', () => niyanta('plan')],
    ['niyanta apply --yes', () => niyanta('apply', '--yes')],
  ];
  for (const [title, run] of steps) {
    say(`\n── ${title}`);
    const code = await run();
    if (code !== 0) {
      say(
        `\n${title}: failed (exit ${code}). \`npm run quickstart\` goes on from here; \`npm run quickstart -- --down\` removes all.`,
      );
      return code;
    }
  }
  say(`\nThe shop runs, ${Math.round((Date.now() - from) / 1000)} s after the start: ${shopAddresses().join(' ')}`);
  sayNext();
  return 0;
}

function sayNext() {
  say(`
Next (each line can be pasted):
  cd ${shop}
  alias niyanta=${join(root, 'bin', 'run.js')}
  niyanta ps                           # what runs where
  niyanta logs -f backend              # its log, all replicas; Ctrl-C ends it
  niyanta exec db -- psql -U shop -c 'select * from items'
  niyanta plan                         # nothing to change
  niyanta lab kill h1; niyanta ps      # a power cut, as niyanta sees it
  niyanta lab reboot h1; niyanta ps    # everything comes back by itself
  sed -i 's/replicas: 2/replicas: 3/' stack.yaml && niyanta plan && niyanta apply
  niyanta history
  npm run quickstart -- --down         # removes every trace`);
}

/** Where the published ports of the example are, by what runs. */
function shopAddresses() {
  const {labs} = JSON.parse(niyantaOutput('lab', 'ls', '--json'));
  const {hosts} = labs.find(({name}) => name === labName);
  const address = Object.fromEntries(hosts.map(host => [host.name, host.address]));
  const {replicas} = JSON.parse(niyantaOutput('ps', '--json'));
  const published = replicas.flatMap(({host, ports}) =>
    (ports ?? []).map(port => new URL(`http://${address[host]}:${hostPort(port)}/`).href),
  );
  return [...new Set(published)];
}

/** `80:8080`, or `{published: 80}`. */
function hostPort(port) {
  return typeof port === 'string' ? port.split(':').at(-2) : (port.published ?? port.host);
}

async function down(all) {
  installModules();
  // From the sources, which need no build.
  const code = await follow(newEnoughNode(), [join(root, 'bin', 'dev.js'), 'lab', 'down', '--name', labName]);
  if (code !== 0) return code;
  const images = await script('examples', 'shop', 'prepare-images.mjs', '--remove');
  if (images !== 0) return images;
  for (const name of readdirSync(shop)) {
    if (name === '.niyanta' || name.startsWith('niyanta.lock.json')) rmSync(join(shop, name), {recursive: true});
  }
  for (const path of ['dist', 'oclif.manifest.json']) rmSync(join(root, path), {recursive: true, force: true});
  if (all) rmSync(cache, {recursive: true, force: true});
  const kept = all ? [] : [`the cached root file systems in ${cache} (--all removes them)`];
  const debian = Object.keys({...debianPackages.lab, ...debianPackages.images}).join(' ');
  say(`Removed. What stays: ${[...kept, 'npm packages in node_modules', `Debian packages (${debian})`].join('; ')}.`);
  return 0;
}

/** Runs a script of this folder: its path in pieces, then flags. */
function script(...words) {
  const path = words.filter(word => !word.startsWith('--'));
  return follow(newEnoughNode(), [join(root, ...path), ...words.slice(path.length)]);
}

function niyanta(...args) {
  return follow(newEnoughNode(), [join(root, 'bin', 'run.js'), ...args], {cwd: shop});
}

function niyantaOutput(...args) {
  const done = spawnSync(newEnoughNode(), [join(root, 'bin', 'run.js'), ...args], {cwd: shop, encoding: 'utf8'});
  if (done.status !== 0) throw new Error(`niyanta ${args.join(' ')} failed\n${done.stderr}`);
  return done.stdout;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
