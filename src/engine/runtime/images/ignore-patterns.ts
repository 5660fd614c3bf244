/**
 * `.dockerignore`, by docker's rules (docs.docker.com, "dockerignore file"): one pattern a line, `*`, `?`, `[a-z]`,
 * `**` for any number of folders, `!` takes back, the last match wins, and a pattern that matches a folder takes all
 * in it. Pure.
 */
export function ignorePatterns(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter(line => !line.startsWith('#'))
    .map(line => line.trim())
    .filter(line => line !== '' && line !== '!')
    .map(line => {
      const back = line.startsWith('!');
      const pattern = (back ? line.slice(1) : line).trim();
      return {back, matches: patternRegExp(cleaned(pattern))};
    });
  return path => {
    let ignored = false;
    for (const {back, matches} of rules) if (matches.test(path)) ignored = !back;
    return ignored;
  };
}

const cleaned = (pattern: string): string =>
  pattern
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/');

function patternRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i]!;
    if (pattern.startsWith('**/', i)) {
      source += '(?:.*/)?';
      i += 2;
    } else if (pattern.startsWith('**', i)) {
      source += '.*';
      i += 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end === -1) source += '\\[';
      else {
        source += `[${pattern.slice(i + 1, end).replace(/[\\[]/g, '\\$&')}]`;
        i = end;
      }
    } else if (char === '\\' && i + 1 < pattern.length) {
      source += escaped(pattern[i + 1]!);
      i += 1;
    } else source += escaped(char);
  }
  return new RegExp(`^${source}(?:/.*)?$`, 's');
}

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
