import type {SecretOrigin} from '../state/secrets.ts';
import type {View} from './look.ts';
import {table} from './tables.ts';

/** `secret ls`: names and where they are set. */
export const secretsView: View<readonly SecretOrigin[]> = {
  text: (secrets, look) =>
    secrets.length === 0
      ? 'No secret is set. See: niyanta secret set NAME'
      : table(
          secrets,
          [
            {title: 'SECRET', value: ({name}) => name},
            {title: 'FROM', value: ({origin}) => origin},
          ],
          look,
        ),
  json: secrets => ({secrets}),
};
