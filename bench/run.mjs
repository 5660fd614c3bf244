// `npm run bench -- [--write] [--rounds N] [NAME…]`: installs what the comparisons need, builds, runs every benchmark (or
// those whose scripts' names begin so) one after another, and prints the rows. `--write` renews bench/results.json and
// docs/BENCHMARKS.md, or of them the rows that were run; `--rounds` is for a quick look. Ctrl-C ends it with nothing left behind.
import {spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {loadavg} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {newEnoughNode, root} from '../scripts/node24.mjs';
import {installDebianPackages, installModules} from '../scripts/packages.mjs';
import {describeMachine} from './machine.mjs';
import {page} from './page.mjs';
import {text} from './result.mjs';
import {scripts} from './rows.mjs';

const {values, positionals: words} = parseArgs({
  options: {write: {type: 'boolean', default: false}, rounds: {type: 'string'}},
  allowPositionals: true,
});
const rounds = values.rounds === undefined ? [] : ['--rounds', values.rounds];
const wanted = scripts.filter(({script}) => words.length === 0 || words.some(word => script.startsWith(word)));
// The scripts clear up by themselves; a terminal sends them Ctrl-C as well.
let interrupted = false;
process.on('SIGINT', () => (interrupted = true));

process.exit(await main());

async function main() {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    process.stderr.write('The benchmarks start real hosts, which takes Linux and root: sudo npm run bench\n');
    return 1;
  }
  installModules();
  const missing = installDebianPackages('lab', 'bench');
  if (missing.length > 0) {
    process.stderr.write(`Debian packages that could not be installed: ${missing.join(' ')}\n`);
    return 1;
  }
  const node = newEnoughNode();
  if ((await output(node, join(root, 'scripts', 'build.mjs'))) === undefined) return 1;
  const load = loadavg()[0].toFixed(1);
  const rows = [];
  let failed = false;
  for (const {script} of wanted) {
    const printed = interrupted ? undefined : await output(node, join(root, 'bench', script), '--json', ...rounds);
    if (interrupted) return 130;
    if (printed === undefined) failed = true;
    for (const line of printed?.trim().split('\n') ?? []) {
      rows.push(JSON.parse(line));
      process.stdout.write(`${text(rows.at(-1))}\n`);
    }
  }
  if (failed) return 1;
  if (!values.write) return 0;
  const run = {
    date: new Date().toISOString().slice(0, 10),
    machine: {...(await describeMachine()), 'load before': load},
    rows,
  };
  save(wanted.length === scripts.length ? run : laterRows(run));
  return 0;
}

/** The last whole run with these rows in the place of its own, and when they were measured. */
function laterRows({date, rows}) {
  const whole = JSON.parse(readFileSync(join(root, 'bench', 'results.json'), 'utf8'));
  const by = new Map([...whole.rows, ...rows].map(row => [row.name, row]));
  const later = {...whole.later, ...Object.fromEntries(rows.map(({name}) => [name, date]))};
  const names = scripts.flatMap(each => each.rows).filter(name => by.has(name));
  return {...whole, later, rows: names.map(name => by.get(name))};
}

function save(results) {
  writeFileSync(join(root, 'bench', 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  const profile = readFileSync(join(root, 'bench', 'profile.md'), 'utf8');
  writeFileSync(join(root, 'docs', 'BENCHMARKS.md'), page(results, profile));
}

/** What a script prints; undefined when it fails, having said why on standard error. */
function output(node, ...args) {
  const child = spawn(node, args, {cwd: root, stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  child.stdout.on('data', chunk => (said += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve(code === 0 ? said : undefined));
  });
}
