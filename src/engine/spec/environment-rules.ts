import type {Location} from './errors.ts';
import type {EnvironmentName} from './stack.ts';

/** What niyanta.yaml says of environments whose names match. */
export interface EnvironmentRule {
  /** A name, or one with `*` for any letters: `preview-*`. */
  readonly pattern: string;
  readonly quota: Quota;
  /** How long an environment lives after its last apply; for ever when absent. */
  readonly expiresMs?: number;
  /** Where the rule stands. */
  readonly at: Location;
}

/** What one environment may ask for at most; what is absent is not limited. */
export interface Quota {
  /** Cores of all replicas together. */
  readonly cpu?: number;
  /** Bytes of all replicas together. */
  readonly memory?: number;
  /** Replicas of all services together. */
  readonly replicas?: number;
  /** Named volumes. */
  readonly volumes?: number;
}

/** The rule that counts: the one with the very name, else the first whose pattern matches. */
export function ruleFor(rules: readonly EnvironmentRule[], name: EnvironmentName): EnvironmentRule | undefined {
  return rules.find(({pattern}) => pattern === name) ?? rules.find(({pattern}) => matches(pattern, name));
}

const matches = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(name);

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
