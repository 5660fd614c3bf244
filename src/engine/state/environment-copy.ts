import {z} from 'zod';
import {KEPT_ENTRIES_ON_HOSTS, KEPT_STACKS_ON_HOSTS, withoutStack} from './history.ts';
import type {EnvironmentState, LockFile} from './lock-file.ts';
import {environmentSchema} from './lock-file-schema.ts';

/** What a host of an environment keeps of the state, so that it can be made anew from any of them. */
export interface EnvironmentCopy {
  readonly project: string;
  readonly environment: string;
  readonly serial: number;
  /** With it the fingerprints of secrets that stand in manifests mean what they meant. */
  readonly salt: string;
  readonly state: EnvironmentState;
}

const schema = z.object({
  version: z.literal(1),
  project: z.string(),
  environment: z.string(),
  serial: z.number().int().nonnegative(),
  salt: z.base64().min(1),
  state: environmentSchema,
});

/** The copy of one environment as a line of JSON, the newest part of its history in it. */
export function formatCopy({project, serial, salt, environments}: LockFile, environment: string): string {
  const state = environments[environment]!;
  const history = state.history.slice(-KEPT_ENTRIES_ON_HOSTS);
  const stacks = history.length - KEPT_STACKS_ON_HOSTS;
  const kept = history.map((entry, index) => (index < stacks ? withoutStack(entry) : entry));
  return `${JSON.stringify({version: 1, project, environment, serial, salt, state: {...state, history: kept}})}\n`;
}

/** The copy in a line; undefined when it is none of ours, of another version or cut off: other hosts have it, too. */
export function parseCopy(line: string): EnvironmentCopy | undefined {
  const parsed = schema.safeParse(jsonOrUndefined(line));
  return parsed.success ? parsed.data : undefined;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
