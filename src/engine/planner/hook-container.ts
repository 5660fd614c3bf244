import {createHash} from 'node:crypto';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import type {Hook} from '../spec/hooks.ts';
import type {HostName, Service} from '../spec/stack.ts';
import {canonical} from './canonical.ts';
import {desiredSpec} from './desired-spec.ts';
import type {Networks} from './networks.ts';
import {scopeOf} from './ownership.ts';
import type {PlanInput} from './plan-input.ts';

/** What a hook's container goes by; no service has a dot in its name. */
export const hookService = (hook: string): string => `${hook}.hook`;

/** Whether a container is a hook's. */
export const isHookService = (service: string): boolean => service.endsWith('.hook');

/**
 * The container of a hook: as one of its service's, but that it runs its command to the end, alone: without ports, a
 * health check or a restart. `like` is what runs, or shall run, of the service, for its image.
 */
export function hookContainer(
  input: PlanInput,
  hook: Hook,
  service: Service,
  {host, networks, like}: {readonly host: HostName; readonly networks: Networks; readonly like?: ContainerSpec},
): ContainerSpec {
  const name = hookService(hook.name);
  const job: Service = {
    ...service,
    name,
    replicas: 1,
    env: {...service.env, ...hook.env, ...told(input, hook)},
    command: hook.command,
    ports: [],
    restart: 'never',
    stop: {signal: 'SIGTERM', graceMs: 10_000},
  };
  const {health: _, ...withoutHealth} = job;
  const images = {...input.images, [name]: input.images[service.name]!};
  const identity = {replica: 1, host, id: '', network: networks.join(host)};
  const draft = desiredSpec({...input, images}, withoutHealth, identity, like);
  const distinction = createHash('sha256')
    .update(canonical([draft, input.serial]))
    .digest('hex')
    .slice(0, 6);
  return {...draft, id: input.naming.containerId({...scopeOf(input), service: name, replica: 1, distinction})};
}

/** What every hook can read about the change that it belongs to. */
const told = (input: PlanInput, {name, when}: Hook): Record<string, string> => ({
  NIYANTA_ENVIRONMENT: input.environment,
  NIYANTA_HOOK: name,
  NIYANTA_HOOK_TIME: when,
  NIYANTA_PURPOSE: input.options.purpose,
  NIYANTA_STACK: input.stack.name,
});
