import {Flags} from '@oclif/core';
import {UserError} from '../engine/spec/errors.ts';
import type {Host, Project} from '../engine/spec/project.ts';
import {hostsOf, parseUnreachableLimit} from '../engine/spec/unreachable.ts';

/** For commands that talk to hosts. */
export const hostFlags = {
  'allow-unreachable': Flags.boolean({
    summary: 'Go on with the hosts that answer, however few they are.',
    default: false,
    env: 'NIYANTA_ALLOW_UNREACHABLE',
  }),
  'max-unreachable': Flags.string({
    summary: 'How many hosts may be left out because they do not answer: a number, or a part such as 10%.',
    helpValue: 'HOSTS',
    env: 'NIYANTA_MAX_UNREACHABLE',
    exclusive: ['allow-unreachable'],
  }),
};

/** For plan and apply. */
export const moveLostFlag = Flags.boolean({
  summary:
    'Start replicas elsewhere when their host is unreachable: those without volumes, or with onLost: reschedule.',
  default: false,
  env: 'NIYANTA_MOVE_LOST',
});

/** For commands that change many hosts: how many of them at once, and how much at once on each. */
export const hostLimitFlags = {
  parallel: Flags.integer({
    summary: 'Hosts that are worked on at once; all when neither this nor niyanta.yaml says.',
    helpValue: 'HOSTS',
    min: 1,
    env: 'NIYANTA_PARALLEL',
  }),
  'per-host': Flags.integer({summary: 'Operations at once on one host.', default: 4, min: 1, max: 16}),
};

export interface AbsenceValues {
  readonly 'allow-unreachable': boolean;
  readonly 'max-unreachable'?: string;
}

export interface HostLimitValues extends AbsenceValues {
  readonly parallel?: number;
  readonly 'per-host': number;
}

interface HostsOfProject {
  readonly project: Project;
  readonly hosts: readonly Host[];
}

/** How many hosts may be left out, as flags or niyanta.yaml say. Errors: UserError `max-unreachable-invalid`. */
export function maxUnreachable(flags: AbsenceValues, {project, hosts}: HostsOfProject): number {
  if (flags['allow-unreachable']) return Number.POSITIVE_INFINITY;
  const written = flags['max-unreachable'];
  if (written === undefined) return project.maxUnreachable ? hostsOf(project.maxUnreachable, hosts.length) : 0;
  const limit = parseUnreachableLimit(written);
  if (limit) return hostsOf(limit, hosts.length);
  throw new UserError({
    code: 'max-unreachable-invalid',
    message: `--max-unreachable ${JSON.stringify(written)} is neither a number of hosts nor a part of them`,
    hint: 'Write for example --max-unreachable 2, or --max-unreachable 10%.',
  });
}

/** What `absenceFlags` and `hostLimitFlags`, or else niyanta.yaml, say. */
export const hostLimits = (flags: HostLimitValues, session: HostsOfProject) => ({
  maxUnreachable: maxUnreachable(flags, session),
  hostsAtOnce: flags.parallel ?? session.project.parallel,
  limitPerHost: flags['per-host'],
});
