// What a run must not leave on the machine: processes, network namespaces, mounts, cgroups, links, firewall rules.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';

/** Everything of these kinds that is there now; `mark` is in the environment of what this run started. */
export function look(mark) {
  if (process.platform !== 'linux') return {};
  return {
    process: processes(mark),
    'network namespace': existsSync('/run/netns') ? readdirSync('/run/netns') : [],
    mount: mounts(),
    cgroup: cgroups('/sys/fs/cgroup', 3),
    link: lines('ip', '-o', 'link').map(line => line.split(': ')[1]?.split('@')[0] ?? line),
    'firewall rule': lines('iptables-save')
      .filter(line => line.startsWith('-A') || line.startsWith(':'))
      .map(line => line.replace(/\[\d+:\d+\]/, '')),
  };
}

/** What is there now and was not before. What is just ending gets ten seconds. */
export async function leftBehind(before, mark) {
  let found = [];
  for (let tries = 0; tries < 20; tries++) {
    const now = look(mark);
    found = Object.entries(now).flatMap(([kind, names]) => {
      const known = new Set(before[kind]);
      return names.filter(name => !known.has(name)).map(name => `${kind}: ${name}`);
    });
    if (found.length === 0) return [];
    await sleep(500);
  }
  return found;
}

/** Processes with the mark, and those in pid namespaces of their own, whose environment a lab host may have replaced. */
function processes(mark) {
  const ours = namespace(process.pid);
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => readable(`/proc/${pid}/environ`).includes(mark) || ![ours, undefined].includes(namespace(pid)))
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
