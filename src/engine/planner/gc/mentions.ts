import type {EnvironmentState} from '../../state/lock-file.ts';

/** Every text in what the state says of an environment: what is named there in any way is not an orphan. */
export function mentions(state: EnvironmentState): ReadonlySet<string> {
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        texts.add(key);
        walk(inner);
      }
    }
  };
  walk(state);
  return texts;
}
