// What a run must not leave on the machine: processes, network namespaces, mounts, cgroups, links, firewall rules.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';

/**
 * Everything of these kinds that is there now; `mark` is in the environment of what this run started. `alone`: nobody else
 * uses this machine. Otherwise what belongs to labs that are still described, and to no one in particular, is left out.
 */
export function look(mark, alone) {
  if (process.platform !== 'linux') return {};
  const others = alone ? [] : describedLabs();
  const foreign = name => others.some(({number, directory}) => isOf(number, name) || name.includes(directory));
  const seen = {
    process: processes(mark, alone, foreign),
    'network namespace': existsSync('/run/netns') ? readdirSync('/run/netns') : [],
    mount: mounts(),
    cgroup: cgroups('/sys/fs/cgroup', 3),
    link: lines('ip', '-o', 'link').map(line => line.split(': ')[1]?.split('@')[0] ?? line),
    'firewall rule': lines('iptables-save')
      .filter(line => line.startsWith('-A') || line.startsWith(':'))
      .map(line => line.replace(/\[\d+:\d+\]/, '')),
    lab: alone ? describedLabs().map(({directory}) => directory) : [],
    'temporary file': alone ? readdirSync(tmpdir()).filter(name => name.startsWith('niyanta')) : [],
  };
  return Object.fromEntries(Object.entries(seen).map(([kind, names]) => [kind, names.filter(name => !foreign(name))]));
}

/** What is there now and was not before. What is just ending gets ten seconds. */
export async function leftBehind(before, mark, alone) {
  let found = [];
  for (let tries = 0; tries < 20; tries++) {
    const now = look(mark, alone);
    found = Object.entries(now).flatMap(([kind, names]) => {
      const known = new Set(before[kind]);
      return names.filter(name => !known.has(name)).map(name => `${kind}: ${name}`);
    });
    if (found.length === 0) return [];
    await sleep(500);
  }
  return found;
}

/** Labs that have a description, and so can be taken down by name: their number is in the name of all that they have. */
function describedLabs() {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const folder = join(state, 'niyanta', 'labs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap(name => {
    const text = readable(join(folder, name, 'lab.json'));
    return text === '' ? [] : [{number: JSON.parse(text).number, directory: join(folder, name)}];
  });
}

const isOf = (number, name) => new RegExp(`\\bnyl${number}(?!\\d)`).test(name);

/** Processes with the mark; and, alone, those in pid namespaces of their own, whose environment a host has replaced. */
function processes(mark, alone, foreign) {
  const ours = namespace(process.pid);
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => {
      if (readable(`/proc/${pid}/environ`).includes(mark)) return true;
      const groups = readable(`/proc/${pid}/cgroup`);
      return alone ? ![ours, undefined].includes(namespace(pid)) : /\bnyl\d/.test(groups) && !foreign(groups);
    })
    .map(pid => `${pid} ${readable(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`);
}

function namespace(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // It ended meanwhile, or is another user's.
    return undefined;
  }
}

// Sorted out of mountinfo: fields 5 and after the dash, so that ids, which change, do not count.
const mounts = () =>
  readable('/proc/self/mountinfo')
    .split('\n')
    .filter(Boolean)
    .map(line => `${line.split(' ')[4]} ${line.split(' - ')[1]}`);

function cgroups(folder, depth) {
  if (depth === 0 || !existsSync(folder)) return [];
  const inside = readdirSync(folder, {withFileTypes: true}).filter(entry => entry.isDirectory());
  return inside.flatMap(({name}) => [join(folder, name), ...cgroups(join(folder, name), depth - 1)]);
}

function lines(command, ...args) {
  const {stdout} = spawnSync(command, args, {
    encoding: 'utf8',
    env: {...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`},
  });
  return (stdout ?? '').split('\n').filter(Boolean);
}

function readable(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A process that ended between the listing and now.
    return '';
  }
}
