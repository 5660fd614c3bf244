import {secretsIn} from './placeholders.ts';
import type {Service, ServiceName, Stack} from './stack.ts';

/** A service that asks for a secret, and how. */
export interface SecretUse {
  readonly secret: string;
  readonly service: ServiceName;
  /** `env.DATABASE_URL`, `hooks.migrate.env.TOKEN` of a hook that runs as it, or `secrets` for a file. */
  readonly path: string;
}

/** Everything in a stack that refers to a secret, in the order of its services. */
export const secretUses = ({services, hooks = []}: Pick<Stack, 'services' | 'hooks'>): readonly SecretUse[] => [
  ...services.flatMap(usesOf),
  ...hooks.flatMap(({name, service, env}) =>
    usesOf({name: service, env}).map(use => ({...use, path: `hooks.${name}.${use.path}`})),
  ),
];

const usesOf = ({
  name: service,
  env,
  secrets = [],
}: Pick<Service, 'name' | 'env' | 'secrets'>): readonly SecretUse[] => [
  ...Object.entries(env).flatMap(([variable, text]) =>
    [...new Set(secretsIn(text))].map(secret => ({secret, service, path: `env.${variable}`})),
  ),
  ...secrets.map(({name}) => ({secret: name, service, path: 'secrets'})),
];

/** Their names, sorted, each once. */
export const secretsUsed = (stack: Pick<Stack, 'services' | 'hooks'>): readonly string[] =>
  [...new Set(secretUses(stack).map(({secret}) => secret))].sort();
