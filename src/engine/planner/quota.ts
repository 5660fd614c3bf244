import type {EnvironmentRule, Quota} from '../spec/environment-rules.ts';
import {UserError, UserErrors} from '../spec/errors.ts';
import {formatSize} from '../spec/quantities.ts';
import type {EnvironmentName, Service, Stack} from '../spec/stack.ts';

/** How one kind of quota counts: what a service takes of it, undefined where it does not say. */
interface Counting {
  readonly what: string;
  readonly of: (service: Service) => number | undefined;
  readonly text: (amount: number) => string;
}

/** A surge during an update is not counted: it passes. */
const counted: Readonly<Record<Exclude<keyof Quota, 'volumes'>, Counting>> = {
  cpu: {
    what: 'cores',
    of: ({replicas, resources}) => (resources.cpu === undefined ? undefined : resources.cpu * replicas),
    text: amount => String(Math.round(amount * 1000) / 1000),
  },
  memory: {
    what: 'of memory',
    of: ({replicas, resources}) => (resources.memory === undefined ? undefined : resources.memory * replicas),
    text: formatSize,
  },
  replicas: {what: 'replicas', of: ({replicas}) => replicas, text: String},
};

/**
 * Refuses a stack that asks for more than niyanta.yaml allows its environment, with which service takes how much.
 * Errors: UserErrors of `quota-exceeded` and `quota-unknown` at the rule, every one that is exceeded.
 */
export function refuseOverQuota(stack: Stack, environment: EnvironmentName, rule: EnvironmentRule | undefined): void {
  if (!rule) return;
  const errors = [...overCounted(stack, environment, rule), ...overVolumes(stack, environment, rule)];
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new UserErrors(errors);
}

function overCounted(stack: Stack, environment: EnvironmentName, rule: EnvironmentRule): UserError[] {
  const services = stack.services.filter(({replicas}) => replicas > 0);
  return Object.entries(counted).flatMap(([name, {what, of, text}]) => {
    const allowed = rule.quota[name as keyof typeof counted];
    if (allowed === undefined) return [];
    const silent = services.filter(service => of(service) === undefined).map(service => service.name);
    if (silent.length > 0) {
      const message = `environment ${environment} has a quota of ${text(allowed)} ${what}, but ${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not say resources.${name}`;
      const hint = `Say services.${silent[0]}.resources.${name}: without it nobody knows how much it takes.`;
      return [errorAt(rule, name, 'quota-unknown', message, hint)];
    }
    const parts = services.map(service => ({name: service.name, amount: of(service)!}));
    const asked = parts.reduce((sum, {amount}) => sum + amount, 0);
    // Hundredths of a core are as fine as people write; binary fractions must not make 0.1 + 0.2 too much.
    if (asked <= allowed + 1e-9) return [];
    const largest = [...parts].sort((a, b) => b.amount - a.amount);
    const takes = largest.map(part => `${part.name} ${text(part.amount)}`).join(', ');
    const message = `environment ${environment} asks for ${text(asked)} ${what}, its quota is ${text(allowed)}: ${takes}`;
    return [errorAt(rule, name, 'quota-exceeded', message, lessOr(rule, name))];
  });
}

function overVolumes({volumes}: Stack, environment: EnvironmentName, rule: EnvironmentRule): UserError[] {
  const allowed = rule.quota.volumes;
  if (allowed === undefined || volumes.length <= allowed) return [];
  const names = volumes.map(({name}) => name).join(', ');
  const message = `environment ${environment} asks for ${volumes.length} volumes, its quota is ${allowed}: ${names}`;
  return [errorAt(rule, 'volumes', 'quota-exceeded', message, lessOr(rule, 'volumes'))];
}

const lessOr = ({pattern}: EnvironmentRule, name: string): string =>
  `Ask for less in this environment, or raise environments.${pattern}.quota.${name} in niyanta.yaml.`;

function errorAt({at}: EnvironmentRule, name: string, code: string, message: string, hint: string): UserError {
  const location = {...at, path: `${at.path ?? ''}.quota.${name}`};
  return new UserError({code, message, hint, location, exit: 1});
}
