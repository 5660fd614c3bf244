/** Debian's suites; a source with one of them is Debian and no other archive. */
const suite = /^(?:(?:buster|bullseye|bookworm|trixie|forky|duke|sid|stable|oldstable|testing|unstable))$/;

/**
 * The first Debian mirror in apt's sources, of either format (sources.list(5)): `files` are the texts of
 * sources.list, *.list and *.sources. Undefined when the machine has none.
 */
export function debianMirror(files: readonly {readonly name: string; readonly text: string}[]): string | undefined {
  for (const {name, text} of files) {
    const found = name.endsWith('.sources') ? fromStanzas(text) : fromLines(text);
    if (found) return found.replace(/\/+$/, '');
  }
  return undefined;
}

function fromLines(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(https?:\/\/\S+)\s+(\S+)\s+main\b/.exec(line);
    if (match && suite.test(match[2]!)) return match[1];
  }
  return undefined;
}

function fromStanzas(text: string): string | undefined {
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const field = (key: string): string[] => {
      const value = new RegExp(`^${key}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(withoutComments(stanza))?.[1];
      return value?.split(/\s+/).filter(Boolean) ?? [];
    };
    const uri = field('URIs').find(word => /^https?:\/\//.test(word));
    const usable = field('Types').includes('deb') && field('Components').includes('main');
    if (
      uri &&
      usable &&
      field('Enabled')[0]?.toLowerCase() !== 'no' &&
      field('Suites').some(word => suite.test(word))
    ) {
      return uri;
    }
  }
  return undefined;
}

const withoutComments = (stanza: string): string =>
  stanza
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n');
