import type {UserError} from './errors.ts';
import {ENV_NAME, isSecretName} from './names.ts';
import {secretsIn} from './placeholders.ts';
import {errorAt, type Source} from './tree.ts';

/**
 * `NAME=value` lines; empty lines and `#` lines are skipped, `export ` is allowed, a value may be in single or double
 * quotes. Values stay as written, but for `${secret:NAME}`, which the executor replaces.
 */
export function parseEnvFile(text: string, source: Source, report: (error: UserError) => void): Record<string, string> {
  const values = new Map<string, string>();
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim().replace(/^export\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const wrong = (message: string, hint?: string): void => {
      const place = {source, line: index + 1, column: raw.length - raw.trimStart().length + 1};
      report(errorAt(place, [], {code: 'env-file-invalid', message, hint}));
    };
    const at = line.indexOf('=');
    const name = (at === -1 ? line : line.slice(0, at)).trimEnd();
    if (at === -1) wrong('is not of the form NAME=value', 'An empty value is written NAME=');
    else if (!ENV_NAME.test(name)) wrong(`${JSON.stringify(name)} is not a name of an environment variable`);
    else {
      const value = unquoted(line.slice(at + 1).trim());
      if (value === undefined)
        wrong(
          `the value of ${name} has no closing quote`,
          'Values have one line; put others into a file and mount that.',
        );
      else if (value.includes('\0')) wrong(`the value of ${name} contains a NUL character`);
      else {
        const odd = secretsIn(value).find(secret => !isSecretName(secret));
        if (odd !== undefined) wrong(`${JSON.stringify(odd)} is not a name of a secret`);
        values.set(name, value);
      }
    }
  }
  return Object.fromEntries(values);
}

function unquoted(value: string): string | undefined {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  return value.length > 1 && value.endsWith(quote) ? value.slice(1, -1) : undefined;
}
