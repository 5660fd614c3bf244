/** The words that are no flags, in the order in which they were given; oclif's own `argv` mixes up repeated ones. */
export const wordsOf = (raw: readonly {readonly type: string; readonly input?: unknown}[]): string[] =>
  raw.flatMap(({type, input}) => (type === 'arg' ? [String(input)] : []));
