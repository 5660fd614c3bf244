import {expiryAfter, lifetimeOf} from './expiry.ts';
import {readFiles, type StackChoice} from './open-project.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import type {MadeEnvironment} from './spec/made-environment.ts';
import {dnsName} from './spec/names.ts';
import {emptyState} from './state/lock-file.ts';
import {updateOwn} from './update-own.ts';

/** An environment as `env create` made it. */
export interface CreatedEnvironment extends MadeEnvironment {
  readonly environment: string;
  readonly stack: string;
  /** RFC 3339; lives for ever when absent. */
  readonly expires?: string;
  /** It was made before, and was given these values and its whole life again. */
  readonly renewed: boolean;
}

export interface CreateOptions extends MadeEnvironment {
  /** Where its stack is; its environment is left aside. */
  readonly choice: StackChoice;
  /** How long it lives after each apply, milliseconds; as niyanta.yaml's rule says when absent. */
  readonly lifetimeMs?: number;
  readonly now: Date;
}

/**
 * Writes an environment that no file declares to the state, after its stack was read with what is set. Again, it is
 * renewed: what is set now counts. Errors: UserError `environment-exists`, `invalid-name`, and what is wrong in the stack.
 */
export async function createEnvironment(session: Session, options: CreateOptions): Promise<CreatedEnvironment> {
  const {environment, store} = session;
  const name = dnsName('an environment').safeParse(environment);
  if (!name.success) throw new UserError({code: 'invalid-name', message: name.error.issues[0]!.message});
  if (environment === 'default') throw exists(environment, 'is the one that every stack has');
  const lock = await store.read();
  const known = lock.environments[environment];
  if (known && !known.made) throw exists(environment, 'was applied from the files');
  const made = flattened(options, lock.environments[options.from]?.made);
  let asked = false;
  const {stack} = await readFiles({
    ...options.choice,
    environment,
    made: async () => {
      asked = true;
      return made;
    },
  });
  if (!asked) throw exists(environment, 'stands in the files');
  const {lifetimeMs} = options;
  const lives = lifetimeMs ?? lifetimeOf(session, undefined);
  const expires = lives === undefined ? undefined : expiryAfter(lives, options.now.toISOString(), lifetimeMs);
  await updateOwn(store, ({environments, ...rest}) => {
    const state = {...(environments[environment] ?? emptyState(stack.name)), made, expires};
    return {...rest, environments: {...environments, [environment]: state}};
  });
  const end = expires ? {expires: expires.at} : {};
  return {environment, stack: stack.name, ...made, ...end, renewed: known !== undefined};
}

/** One made from another that was made is made from what that one was made from. */
function flattened({from, params, set}: MadeEnvironment, base: MadeEnvironment | undefined): MadeEnvironment {
  if (!base) return {from, params, set};
  return {from: base.from, params: {...base.params, ...params}, set: {...base.set, ...set}};
}

const exists = (environment: string, why: string): UserError =>
  new UserError({
    code: 'environment-exists',
    message: `environment "${environment}" ${why}: it cannot be made by command`,
    hint: 'Choose another name, as preview-42, or change it in the stack under environments.',
  });
