import {z} from 'zod';

/** What a DNS label allows (RFC 1123), starting with a letter, so that a name is never taken for a number. */
const LABEL = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

/** A name of a service, stack, environment, host or volume: it ends up in host names, container ids and paths. */
export const dnsName = (what: string) =>
  z
    .string()
    .max(63, `a name of ${what} has at most 63 characters`)
    .regex(
      LABEL,
      `is not a name for ${what}: lower-case letters, digits and dashes, a letter first, no dash at the end`,
    );

/** A text as close to a name as it gets, for suggestions: `My Shop` → `my-shop`. */
export function asName(text: string, fallback: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return LABEL.test(name) ? name : fallback;
}

/** Secrets come from NIYANTA_SECRET_<NAME>, so their names are those of environment variables. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A name with a / is asked of the source whose prefix it begins with: `vault/db/password`. No part of it is `..`. */
export const SOURCED_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){1,7}$/;

/** What stacks may refer to as a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || SOURCED_NAME.test(name);

/** POSIX environment variables, as containers take them (dots and dashes too, as some Java images want). */
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Names of stack and template parameters. */
export const PARAM_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
