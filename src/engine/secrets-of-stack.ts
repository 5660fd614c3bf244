import type {StackSession} from './session.ts';
import {UserError, UserErrors} from './spec/errors.ts';
import {namesOf, type SecretUse, secretUses} from './spec/secret-uses.ts';
import {notText} from './state/secret-references.ts';
import type {SecretValue} from './state/secret-value.ts';

/**
 * Values of all secrets that an apply of the stack needs. Errors: UserError `secret-missing`, `secret-not-text` and
 * `secret-multiline`, at the services that ask for them; nothing has been changed then.
 */
export async function secretsOfStack({
  stack,
  secrets,
  places,
}: Pick<StackSession, 'stack' | 'secrets' | 'places'>): Promise<ReadonlyMap<string, SecretValue>> {
  const uses = secretUses(stack);
  const values = await secrets.values(namesOf(uses)).catch((error: unknown) => {
    throw error instanceof UserError && error.code === 'secret-missing' ? withUsers(error, uses) : error;
  });
  const wrong = uses.flatMap(use => {
    const error = unfit(use, values.get(use.secret)!);
    const place = use.service === undefined ? undefined : places?.get(use.service);
    return error ? [place ? error.at(place) : error] : [];
  });
  if (wrong.length > 0) throw new UserErrors(wrong);
  return values;
}

/** What is missing, with who needs it. */
function withUsers(error: UserError, uses: readonly SecretUse[]): UserError {
  const {code, message, hint} = error;
  const named = uses.filter(({secret}) => new RegExp(`(^|[ ,])${secret.replaceAll('.', '\\.')}($|[ ,])`).test(message));
  const users = [...new Set(named.map(({service, path}) => service ?? path))];
  return new UserError({code, message: `${message} (used by ${users.join(', ')})`, hint});
}

/** An environment variable is one line of text, a setting text. */
function unfit({secret, as, path, service}: SecretUse, value: SecretValue): UserError | undefined {
  if (as === 'file') return undefined;
  if (as === 'setting') return typeof value === 'string' ? undefined : notText(secret);
  const hint = `Deliver it as a file, /run/secrets/${secret}: secrets: [${secret}]`;
  const of = service === undefined ? {} : {service};
  if (typeof value !== 'string')
    return new UserError({code: 'secret-not-text', message: `${path}: the secret ${secret} is not text`, hint, ...of});
  if (!/[\n\r\0]/.test(value)) return undefined;
  const message = `${path}: the secret ${secret} has more than one line, which a variable cannot carry`;
  return new UserError({code: 'secret-multiline', message, hint, ...of});
}
