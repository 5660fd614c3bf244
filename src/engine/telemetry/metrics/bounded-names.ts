/** The first so many names as they are, `other` for the rest: a label of a metric must not grow for ever. */
export function boundedNames(most: number): (name: string) => string {
  const names = new Set<string>();
  return name => {
    if (names.has(name)) return name;
    if (names.size >= most) return 'other';
    names.add(name);
    return name;
  };
}
