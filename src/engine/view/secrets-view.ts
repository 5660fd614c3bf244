import type {BegunSecrets} from '../begin-secrets.ts';
import type {KeptSecret} from '../keep-secret.ts';
import type {RemovedSecret} from '../remove-secret.ts';
import type {SecretRecipients} from '../secret-recipients.ts';
import type {SecretUsers} from '../secret-users.ts';
import type {SecretOrigin} from '../state/secrets.ts';
import type {View} from './look.ts';
import {table} from './tables.ts';

const words: Readonly<Record<SecretOrigin['origin'], string>> = {
  environment: 'environment variable',
  file: '.niyanta/secrets.yaml',
  command: 'command',
  project: 'project, encrypted',
  state: 'state, encrypted',
};

/** `secret ls`: names and where they are set. */
export const secretsView: View<readonly SecretOrigin[]> = {
  text: (secrets, look) =>
    secrets.length === 0
      ? 'No secret is set. See: niyanta secret set NAME'
      : table(
          secrets,
          [
            {title: 'SECRET', value: ({name}) => name},
            {title: 'FROM', value: ({origin}) => words[origin]},
            {title: 'OWN VALUES', value: ({environments = []}) => environments.join(', ')},
          ],
          look,
        ),
  json: secrets => ({secrets}),
};

const nameOf = ({name, environment}: {readonly name: string; readonly environment?: string}): string =>
  environment === undefined ? name : `${name} of ${environment}`;

/** `secret set` and `secret rotate`: where it is, and who restarts for it. */
export const keptView: View<KeptSecret & SecretUsers> = {
  text: ({file, shadowedBy, services, settings, unread, ...entry}) =>
    [
      `set ${nameOf(entry)} in ${file}`,
      ...(shadowedBy === undefined ? [] : [`On this machine ${shadowedBy} wins over it.`]),
      ...(services.length > 0 ? [`Restarted by the next apply: ${usersText(services)}`] : []),
      ...(settings.length > 0 ? [`Used by ${settings.join(', ')}`] : []),
      ...(unread === undefined ? [] : [`Who uses it is not known: ${unread}`]),
    ].join('\n'),
};

const usersText = (services: SecretUsers['services']): string =>
  services
    .map(({service, environment}) => (environment === 'default' ? service : `${service} (${environment})`))
    .join(', ');

/** `secret rm`. */
export const removedView: View<RemovedSecret> = {
  text: ({from, services, ...entry}) =>
    [
      `removed ${nameOf(entry)} from ${from.join(' and ')}`,
      ...(services.length > 0 ? [`Still referred to by ${usersText(services)}: the next plan will miss it.`] : []),
    ].join('\n'),
};

/** `secret import`. */
export const importedView: View<{readonly names: readonly string[]; readonly store: string}> = {
  text: ({names, store}) => `set ${names.join(', ')} in ${store}`,
};

/** `secret init`. */
export const begunView: View<BegunSecrets> = {
  text: ({store, recipients, createdKey}) =>
    [
      ...(createdKey === undefined
        ? []
        : [`made an age key: ${createdKey}`, 'Keep a copy of it: without it nobody reads the secrets.']),
      `began ${store}, for`,
      ...recipients.map(recipient => `  ${recipient}`),
    ].join('\n'),
};

/** `secret recipients ls`, `add`, `rm`. */
export const recipientsView: View<SecretRecipients> = {
  text: ({recipients, own, store}) =>
    [
      `${store} can be read by`,
      ...recipients.map(recipient => `  ${recipient}${own.includes(recipient) ? '  (you)' : ''}`),
      ...(own.some(one => recipients.includes(one))
        ? []
        : own.length > 0
          ? [`not by you: ${own.join(', ')}`]
          : ['not by you: you have no age key']),
    ].join('\n'),
};
