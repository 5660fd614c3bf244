import {UserError} from './spec/errors.ts';
import {didYouMean} from './spec/suggest.ts';

interface Member {
  readonly service: string;
  readonly replica: number;
}

/**
 * Those that words such as `backend` or `backend/2` name; all when there are no words.
 * Errors: UserError `unknown-service`, `unknown-replica`.
 */
export function selectReplicas<T extends Member>(
  replicas: readonly T[],
  words: readonly string[],
  environment: string,
): readonly T[] {
  if (words.length === 0) return replicas;
  const names = words.map(word => named(replicas, word, environment));
  return replicas.filter(({service, replica}) =>
    names.some(name => name.service === service && (name.replica === undefined || name.replica === replica)),
  );
}

function named(replicas: readonly Member[], word: string, environment: string): Partial<Member> {
  const [, service = '', number] = /^([^/]*)(?:\/(.*))?$/s.exec(word) ?? [];
  const services = [...new Set(replicas.map(one => one.service))];
  if (!services.includes(service)) {
    throw new UserError({
      code: 'unknown-service',
      message: `environment "${environment}" has no service ${JSON.stringify(service)}${didYouMean(service, services)}`,
      hint: services.length > 0 ? `Services: ${services.join(', ')}.` : 'Nothing is applied here yet: niyanta apply',
    });
  }
  if (number === undefined) return {service};
  const numbers = replicas.filter(one => one.service === service).map(({replica}) => replica);
  const replica = numbers.find(candidate => String(candidate) === number);
  if (replica !== undefined) return {service, replica};
  throw new UserError({
    code: 'unknown-replica',
    message: `${service} has no replica ${JSON.stringify(number)}`,
    hint: `Replicas: ${numbers.map(one => `${service}/${one}`).join(', ')}.`,
  });
}
