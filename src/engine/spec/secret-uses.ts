import {secretsIn} from './placeholders.ts';
import type {Service, ServiceName, Stack} from './stack.ts';

/** A service that asks for a secret, and how. */
export interface SecretUse {
  readonly secret: string;
  readonly service: ServiceName;
  /** `env.DATABASE_URL`, or `secrets` for a file. */
  readonly path: string;
}

/** Everything in a stack that refers to a secret, in the order of its services. */
export const secretUses = ({services}: Pick<Stack, 'services'>): readonly SecretUse[] => services.flatMap(usesOf);

const usesOf = ({name: service, env, secrets = []}: Service): readonly SecretUse[] => [
  ...Object.entries(env).flatMap(([variable, text]) =>
    [...new Set(secretsIn(text))].map(secret => ({secret, service, path: `env.${variable}`})),
  ),
  ...secrets.map(({name}) => ({secret: name, service, path: 'secrets'})),
];

/** Their names, sorted, each once. */
export const secretsUsed = (stack: Pick<Stack, 'services'>): readonly string[] =>
  [...new Set(secretUses(stack).map(({secret}) => secret))].sort();
