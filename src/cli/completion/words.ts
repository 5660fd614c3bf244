/** bash breaks `--env=prod` into three words; here they are two: the flag and its value. */
export function joinEquals(words: readonly string[]): string[] {
  return words
    .filter((word, i) => !(word === '=' && words[i - 1]?.startsWith('--') && i < words.length - 1))
    .map((word, i, all) => (word === '=' && i === all.length - 1 && all[i - 1]?.startsWith('--') ? '' : word));
}

/** Every value that was given to a flag, as `-f x` or `--file x`. */
export function valuesOfFlag(words: readonly string[], ...names: readonly string[]): string[] {
  return words.slice(0, -1).flatMap((word, i) => (names.includes(word) && i + 2 < words.length ? [words[i + 1]!] : []));
}
