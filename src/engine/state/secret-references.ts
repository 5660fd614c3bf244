/** How a secret is named in a stack: `${secret:NAME}`. Spec lets nothing else of that form through. */
const reference = /\$\{secret:([A-Za-z0-9_-]+)\}/g;

/** The names of the secrets that these texts refer to, sorted, each once. */
export function secretNames(texts: Iterable<string>): readonly string[] {
  const names = new Set<string>();
  for (const text of texts) for (const [, name] of text.matchAll(reference)) names.add(name!);
  return [...names].sort();
}

/** The text with its secrets in place. `values` must have every name that `secretNames` finds. */
export function resolveSecrets(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(reference, (_, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`no value was looked up for the secret "${name}"`);
    return value;
  });
}

// Shorter texts occur by chance; masking them would make messages unreadable and still hide nothing.
const SHORTEST_MASKED = 4;

/** The text with every secret in it, also as base64 or percent-encoded, replaced by `***`. */
export function mask(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets]
    .filter(secret => secret.length >= SHORTEST_MASKED)
    .flatMap(secret => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);
  // The longest first: a secret may be part of another.
  return forms.sort((a, b) => b.length - a.length).reduce((masked, form) => masked.replaceAll(form, '***'), text);
}
