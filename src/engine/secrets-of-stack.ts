import type {StackSession} from './session.ts';
import {UserError, UserErrors} from './spec/errors.ts';
import {keySecret} from './spec/route.ts';
import {type SecretUse, secretsUsed, secretUses} from './spec/secret-uses.ts';
import type {SecretValue} from './state/secret-value.ts';

/**
 * Values of all secrets that the stack refers to. Errors: UserError `secret-missing`, `secret-not-text` and
 * `secret-multiline`, at the services that ask for them; nothing has been changed then.
 */
export async function secretsOfStack({
  stack,
  secrets,
  places,
}: Pick<StackSession, 'stack' | 'secrets' | 'places'>): Promise<ReadonlyMap<string, SecretValue>> {
  const uses = secretUses(stack);
  const keys = stack.routes.flatMap(({service, tls}): SecretUse[] =>
    tls.kind === 'own' ? [{secret: keySecret(tls.key), service, path: 'routes.tls.key'}] : [],
  );
  const names = [...new Set([...secretsUsed(stack), ...keys.map(({secret}) => secret)])].sort();
  const values = await secrets.values(names).catch((error: unknown) => {
    throw error instanceof UserError && error.code === 'secret-missing' ? withUsers(error, [...uses, ...keys]) : error;
  });
  const wrong = uses.flatMap(use => unfit(use, values.get(use.secret)!) ?? []);
  if (wrong.length === 0) return values;
  throw new UserErrors(
    wrong.map(error => {
      const place = places?.get(error.service!);
      return place ? error.at(place) : error;
    }),
  );
}

/** What is missing, with who needs it. */
function withUsers(error: UserError, uses: readonly SecretUse[]): UserError {
  const {code, message, hint} = error;
  const users = [...new Set(uses.filter(({secret}) => message.includes(secret)).map(({service}) => service))];
  return new UserError({code, message: `${message} (used by ${users.join(', ')})`, hint});
}

/** An environment variable is one line of text. */
function unfit({secret, service, path}: SecretUse, value: SecretValue): UserError | undefined {
  if (path === 'secrets') return undefined;
  const hint = `Deliver it as a file, /run/secrets/${secret}: services.${service}.secrets: [${secret}]`;
  const where = `services.${service}.${path}`;
  if (typeof value !== 'string')
    return new UserError({
      code: 'secret-not-text',
      message: `${where}: the secret ${secret} is not text`,
      hint,
      service,
    });
  if (!/[\n\r\0]/.test(value)) return undefined;
  const message = `${where}: the secret ${secret} has more than one line, which a variable cannot carry`;
  return new UserError({code: 'secret-multiline', message, hint, service});
}
