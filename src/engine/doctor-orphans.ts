import type {DoctorCheck} from './doctor.ts';
import type {OpenedFiles} from './doctor-files.ts';
import {planHousekeeping} from './gc.ts';
import type {SshOptions} from './hosts/index.ts';
import type {GcPlan, Kept, Orphan} from './planner/gc/gc-plan.ts';
import {openSession} from './session.ts';
import {NiyantaError} from './spec/errors.ts';
import {formatDuration} from './spec/quantities.ts';

interface Looking {
  readonly ssh: SshOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** As `gc` without flags. Milliseconds. */
const defaultOlderThanMs = 3_600_000;
/** How many are told by name. */
const told = 3;
const check = 'what no state knows';

/**
 * What `gc` would remove, a check a host that answers; none when the files could not be read, which other checks tell.
 * What hinders it (a state that was lost) is told once.
 */
export async function checkOrphans(opened: OpenedFiles | undefined, looking: Looking): Promise<readonly DoctorCheck[]> {
  if (!opened || opened.hosts.length === 0) return [];
  try {
    const plan = await planOf(opened, looking);
    return orphanChecks(
      plan,
      opened.hosts.map(({name}) => name),
    );
  } catch (error) {
    // What is wrong with the files, the state or a host has its own check.
    if (!(error instanceof NiyantaError)) throw error;
    if (!error.code.startsWith('gc-')) return [];
    const fix = error.hint === undefined ? {} : {fix: error.hint};
    return [{subject: 'hosts', check, status: 'failed', found: error.message, ...fix}];
  }
}

async function planOf(opened: OpenedFiles, {ssh, env, signal}: Looking): Promise<GcPlan> {
  const session = await openSession(opened, env, ssh.askPassphrase);
  try {
    return await planHousekeeping(session, {
      olderThanMs: defaultOlderThanMs,
      only: 'all',
      volumes: [],
      keep: opened.project.images.keep,
      keepAsideMs: opened.project.volumes.keepAside,
      maxUnreachable: Number.POSITIVE_INFINITY,
      now: () => new Date(),
      signal: signal ?? new AbortController().signal,
    });
  } finally {
    await session.store.close();
  }
}

/** A check for each host that answered. */
export function orphanChecks(plan: GcPlan, hosts: readonly string[]): readonly DoctorCheck[] {
  const silent = new Set(plan.unreachable.map(({host}) => host));
  return hosts
    .filter(host => !silent.has(host))
    .map((host): DoctorCheck => {
      const subject = `host ${host}`;
      const orphans = plan.remove.filter(one => one.host === host);
      const kept = plan.kept.filter(one => one.host === host && one.folder !== undefined);
      if (orphans.length + kept.length === 0) return {subject, check, status: 'ok', found: 'nothing'};
      return {subject, check, status: 'warning', found: found(orphans, kept), fix: 'niyanta gc'};
    });
}

function found(orphans: readonly Orphan[], kept: readonly Kept[]): string {
  const texts = [...orphans, ...kept].map(({what, ageMs}) => `${what}${ageMs === undefined ? '' : aged(ageMs)}`);
  const more = texts.length > told ? `, and ${texts.length - told} more` : '';
  return `${texts.slice(0, told).join(', ')}${more}`;
}

/** In whole hours: what is younger is left out. */
const aged = (ms: number): string => `, ${formatDuration(ms - (ms % 3_600_000))} old`;
