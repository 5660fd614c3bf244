import {z} from 'zod';
import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {ctr, namespace} from './ctr.ts';
import {parseEnd} from './exit-code.ts';
import * as paths from './paths.ts';

/** What containerd tells of one container. */
export interface ContainerEvent {
  /** RFC 3339, by the host's clock. */
  readonly at: string;
  readonly id: ContainerId;
  readonly what: 'created' | 'started' | 'exited' | 'out-of-memory' | 'paused' | 'resumed' | 'removed';
  /** Of one that exited, as far as it is known. */
  readonly code?: number;
  /** Of one that exited and is on record: processes that the kernel killed for memory. */
  readonly oomKills?: number;
}

/** Prints every event of containerd from now on, until killed; all namespaces. */
export const followContainerEvents: Command = ctr('events');

const TOPICS: Readonly<Record<string, ContainerEvent['what']>> = {
  '/containers/create': 'created',
  '/containers/delete': 'removed',
  '/tasks/start': 'started',
  '/tasks/exit': 'exited',
  '/tasks/oom': 'out-of-memory',
  '/tasks/paused': 'paused',
  '/tasks/resumed': 'resumed',
};

const body = z.object({
  id: z.string().optional(),
  container_id: z.string().optional(),
  exit_status: z.number().optional(),
  exited_at: z.string().optional(),
});

/**
 * A line of `ctr events`: `2026-01-31 12:00:00.1 +0000 UTC niyanta /tasks/exit {"container_id":…}`. Undefined for events
 * of others, of what runs beside a container's own process (exec), and for anything else.
 */
export function parseContainerEvent(line: string): ContainerEvent | undefined {
  const [, day, time, space, topic = '', json = ''] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) \+0000 UTC (\S+) (\/\S+) (\{.*)$/.exec(line) ?? [];
  const what = Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
  if (day === undefined || space !== namespace || what === undefined) return undefined;
  const said = body.safeParse(parsed(json)).data;
  const id = said?.container_id ?? said?.id;
  if (!said || id === undefined) return undefined;
  if (what !== 'exited') return {at: rfc3339(day, time!), id, what};
  if (said.id !== undefined && said.id !== id) return undefined;
  return {at: rfc3339(day, time!), id, what, code: said.exit_status ?? 0};
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** To the millisecond. */
const rfc3339 = (day: string, time: string): string => new Date(`${day}T${time.slice(0, 12)}Z`).toISOString();

/** Starts and ends that the hosts have on record, of tasks of the last while: what was missed while nobody followed. */
export const recordedEvents: Command = script(
  `cd ${paths.logsFolder} 2>/dev/null || exit 0; for f in ./*.starts ./*.ends; do [ ! -e "$f" ] || tail -n 20 "$f" | sed "s,^,$f ,"; done`,
);

/** What `recordedEvents` printed, from `since` (RFC 3339) on, in order of time; times are whole seconds. */
export function parseRecordedEvents(stdout: string, since: string): readonly ContainerEvent[] {
  const events = stdout.split('\n').flatMap((line): ContainerEvent[] => {
    const [, id, kind, rest = ''] = /^\.\/(\S+)\.(starts|ends) (.+)$/.exec(line) ?? [];
    if (id === undefined) return [];
    const end = parseEnd(kind === 'ends' ? rest : `${rest} - 0`);
    if (end?.at === undefined) return [];
    if (kind === 'starts') return [{at: end.at, id, what: 'started'}];
    return [{at: end.at, id, what: 'exited', ...(end.code !== undefined && {code: end.code}), oomKills: end.oomKills}];
  });
  const from = since.slice(0, 19);
  return events.filter(({at}) => at.slice(0, 19) >= from).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
