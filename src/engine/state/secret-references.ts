import {UserError} from '../spec/errors.ts';
import {type SecretValue, secretBytes} from './secret-value.ts';

/** How a secret is named in a stack: `${secret:NAME}`. Spec lets nothing else of that form through. */
const reference = /\$\{secret:([A-Za-z0-9_./-]+)\}/g;

/** The names of the secrets that these texts refer to, sorted, each once. */
export function secretNames(texts: Iterable<string>): readonly string[] {
  const names = new Set<string>();
  for (const text of texts) for (const [, name] of text.matchAll(reference)) names.add(name!);
  return [...names].sort();
}

/**
 * The text with its secrets in place. `values` must have every name that `secretNames` finds. Errors: UserError
 * `secret-not-text`.
 */
export function resolveSecrets(text: string, values: ReadonlyMap<string, SecretValue>): string {
  return text.replace(reference, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`no value was looked up for the secret "${name}"`);
    if (typeof value !== 'string') throw notText(name);
    return value;
  });
}

/** A secret that is wanted as text, and is not. */
export const notText = (name: string): UserError =>
  new UserError({
    code: 'secret-not-text',
    message: `the secret ${name} is not text, so that it cannot be part of one`,
    hint: `Deliver it to a service as a file: secrets: [${name}]`,
  });

// Shorter texts occur by chance; masking them would make messages unreadable and still hide nothing.
const SHORTEST_MASKED = 4;
// Of a key of several lines each line is masked: logs come line by line. Short ones, as of YAML, say nothing.
const SHORTEST_LINE = 12;

/** The text with every secret in it, also line by line, escaped, as base64, hex or percent-encoded, replaced by `***`. */
export function mask(text: string, secrets: Iterable<SecretValue>): string {
  const forms = new Set([...secrets].flatMap(formsOf));
  // The longest first: a secret may be part of another.
  return [...forms].sort((a, b) => b.length - a.length).reduce((masked, form) => masked.replaceAll(form, '***'), text);
}

function formsOf(secret: SecretValue): readonly string[] {
  if (secret.length < SHORTEST_MASKED) return [];
  const bytes = Buffer.from(secretBytes(secret));
  const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
  if (typeof secret !== 'string') return encoded;
  const lines = secret.split(/\r?\n/);
  const long = lines.length > 1 ? lines.map(line => line.trim()).filter(line => line.length >= SHORTEST_LINE) : [];
  return [secret, JSON.stringify(secret).slice(1, -1), percentEncoded(secret), ...encoded, ...long];
}

/** Lone surrogates, which have no UTF-8, are replaced as TextEncoder does. */
const percentEncoded = (text: string): string => encodeURIComponent(text.toWellFormed());
