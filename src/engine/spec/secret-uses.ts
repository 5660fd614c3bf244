import {backupSecretTexts} from './backup.ts';
import {secretsIn} from './placeholders.ts';
import type {Service, ServiceName, Stack} from './stack.ts';

/** Something in a stack that asks for a secret. */
export interface SecretUse {
  readonly secret: string;
  /** `variable`: one line of text; `file`: any bytes; `setting`: of niyanta's own. */
  readonly as: 'variable' | 'file' | 'setting';
  /** Where: `services.web.env.DATABASE_URL`, `services.web.secrets`, `hooks.migrate.env.TOKEN`, `routes.shop.example`. */
  readonly path: string;
  /** Whose containers have it; absent for hooks, routes and backups. */
  readonly service?: ServiceName;
}

/** Everything that an apply of the stack needs, in its order. Stacks applied by older versions have no routes. */
export const secretUses = ({services, hooks = [], routes = []}: Partial<Stack>): readonly SecretUse[] => [
  ...(services ?? []).flatMap(usesOfService),
  ...hooks.flatMap(({name, env}) => variables(env, `hooks.${name}`)),
  ...routes.flatMap(({host, tls}) =>
    tls.kind === 'own' ? texts([tls.key], {as: 'setting', path: host === undefined ? 'routes' : `routes.${host}`}) : [],
  ),
];

/** What backups of its volumes need, when they are made. */
export const backupSecretUses = ({volumes = []}: Partial<Stack>): readonly SecretUse[] =>
  volumes.flatMap(({name, backup}) =>
    backup ? texts(backupSecretTexts(backup), {as: 'setting', path: `volumes.${name}.backup`}) : [],
  );

/** The names of the secrets of one service, sorted, each once. */
export const secretsOfService = (service: Service): readonly string[] => namesOf(usesOfService(service));

/** The names in uses, sorted, each once. */
export const namesOf = (uses: readonly SecretUse[]): readonly string[] =>
  [...new Set(uses.map(({secret}) => secret))].sort();

const usesOfService = ({name: service, env, secrets = []}: Service): readonly SecretUse[] => [
  ...variables(env, `services.${service}`).map(use => ({...use, service})),
  ...secrets.map(({name}) => ({secret: name, as: 'file' as const, path: `services.${service}.secrets`, service})),
];

const variables = (env: Readonly<Record<string, string>>, of: string): readonly SecretUse[] =>
  Object.entries(env).flatMap(([variable, text]) => texts([text], {as: 'variable', path: `${of}.env.${variable}`}));

const texts = (written: readonly string[], use: Omit<SecretUse, 'secret'>): readonly SecretUse[] =>
  [...new Set(written.flatMap(secretsIn))].map(secret => ({secret, ...use}));
