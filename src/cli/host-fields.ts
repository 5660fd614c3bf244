import {resolve} from 'node:path';
import {UserError} from '../engine/spec/errors.ts';
import type {HostFields} from '../engine/spec/project-edit.ts';

interface HostFlagValues {
  readonly local: boolean;
  readonly user?: string;
  readonly port?: number;
  readonly 'identity-file'?: string;
  readonly 'proxy-jump'?: string;
  readonly sudo: boolean;
  readonly label?: readonly string[];
  readonly region?: string;
}

/** What was given to `host add`, in the words of niyanta.yaml; only what was given. Errors: UserError. */
export function hostFields(address: string | undefined, flags: HostFlagValues, cwd: string): HostFields {
  const labels = Object.fromEntries((flags.label ?? []).map(parseLabel));
  const identity = flags['identity-file'];
  const fields: Record<string, HostFields[string] | undefined> = {
    address,
    local: flags.local || undefined,
    user: flags.user,
    port: flags.port,
    // A relative path is meant from where the command runs; in the file it would be from there.
    identityFile: identity === undefined || identity.startsWith('~') ? identity : resolve(cwd, identity),
    proxyJump: flags['proxy-jump'],
    sudo: flags.sudo || undefined,
    labels: Object.keys(labels).length > 0 ? labels : undefined,
    region: flags.region,
  };
  return Object.fromEntries(Object.entries(fields).filter(entry => entry[1] !== undefined)) as HostFields;
}

function parseLabel(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UserError({
    code: 'label-invalid',
    message: `${JSON.stringify(text)} is not a label of the form name=value`,
    hint: 'For example --label disk=ssd',
  });
}
