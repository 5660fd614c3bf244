import {z} from 'zod';
import {isSecretName} from './names.ts';
import {duration} from './quantities.ts';
import {line} from './texts.ts';

const source = z
  .strictObject({
    prefix: z
      .string()
      .regex(
        /^[A-Za-z_][A-Za-z0-9_-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\/$/,
        'is not a prefix: it ends in /, as vault/',
      )
      .optional()
      .describe('Secrets whose names begin so are asked of the command: vault/ for ${secret:vault/db}.'),
    name: z
      .string()
      .refine(isSecretName, 'is not a name of a secret')
      .optional()
      .describe('This one secret is asked of the command.'),
    command: z
      .array(line)
      .min(1)
      .describe('Program and arguments, run here without a shell; ${name} stands for the name behind the prefix.'),
    timeout: duration('100ms', '10m').prefault('10s').describe('How long the command may take.'),
  })
  .superRefine((written, context) => {
    if ((written.prefix === undefined) === (written.name === undefined)) {
      context.addIssue('must have a prefix or a name: which secrets are asked of this command');
    }
  });

/** Where the project's secrets are kept; see docs/SECRETS.md. */
export const secretsSchema = z
  .strictObject({
    store: z
      .enum(['project', 'state'])
      .default('project')
      .describe('Where encrypted values are kept: in a file of the project, or in the state.'),
    file: line
      .min(1)
      .default('niyanta.secrets.yaml')
      .describe('The file of store: project, relative to this one; safe to commit.'),
    identity: line
      .min(1)
      .optional()
      .describe(
        'File with the age key that reads them; ~ is the home folder. NIYANTA_AGE_IDENTITY and NIYANTA_AGE_KEY_FILE win over it.',
      ),
    sources: z.array(source).default([]).describe('Commands that give secrets, for vaults that exist.'),
    atRest: z
      .enum(['host', 'none'])
      .default('host')
      .describe(
        "host: hosts keep secret files on their disk, for root alone, so that containers come back after a reboot; none: they don't, and such containers wait for the next apply.",
      ),
  })
  .prefault({})
  .describe('Secrets of the project.');
