import {type Document, LineCounter, parseAllDocuments} from 'yaml';
import {UserError, UserErrors} from './errors.ts';
import type {Source, Tree} from './tree.ts';
import {documentTree} from './yaml-tree.ts';

/** Larger files are not what people write by hand: refused before anything is parsed. */
export const MAX_BYTES = 1024 * 1024;

/** Bytes of a file as text. Errors: UserError `file-too-large`, `file-binary`, `file-encoding`. */
export function decodeText(bytes: Uint8Array, name: string): string {
  const at = {file: name, line: 1, column: 1};
  if (bytes.byteLength > MAX_BYTES) {
    throw new UserError({
      code: 'file-too-large',
      message: `is ${(bytes.byteLength / 1024 / 1024).toFixed(1)} MiB large; at most 1 MiB is read`,
      hint: 'Is it the right file? Put large content into an image, a volume or an env file.',
      location: at,
    });
  }
  if (bytes.includes(0)) {
    throw new UserError({code: 'file-binary', message: 'is a binary file, not YAML', location: at});
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch (cause) {
    throw new UserError({
      code: 'file-encoding',
      message: 'is not UTF-8 text',
      hint: 'Save the file as UTF-8.',
      location: at,
      cause,
    });
  }
}

/**
 * All documents of a YAML text. Empty documents are left out.
 * Errors: UserErrors with every syntax error, each with its place.
 */
export function readYaml(text: string, source: Source): Tree[] {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const {line, col} = lines.linePos(offset);
    return {source, line: Math.max(line, 1), column: Math.max(col, 1)};
  };
  const documents = parse(text, lines);
  // The parser recurses; only nesting thousands deep exhausts the stack, and what else it says then means nothing.
  if (!documents || documents.some(({errors}) => errors.some(({code}) => code === 'RESOURCE_EXHAUSTION'))) {
    const location = {file: source.name, line: 1, column: 1};
    throw new UserError({code: 'yaml-too-deep', message: 'lists and maps are nested too deeply', location});
  }
  const errors = documents.flatMap(document =>
    [...document.errors, ...document.warnings].map(error => {
      const {line, column} = place(error.pos[0]);
      return new UserError({
        code: 'yaml-syntax',
        message: plainWords(error.code, error.message),
        hint: error.code === 'TAB_AS_INDENT' ? 'Indent with spaces.' : undefined,
        location: {file: source.name, line, column},
      });
    }),
  );
  if (errors.length > 0) throw new UserErrors(errors);
  return documents.flatMap(document => documentTree(document, place) ?? []);
}

/** Undefined when the stack was exhausted. */
function parse(text: string, lineCounter: LineCounter): Document[] | undefined {
  try {
    // Duplicate keys are found in yaml-tree.ts: the parser's own check takes quadratic time.
    const parsed = parseAllDocuments(text, {lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'silent'});
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function plainWords(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'YAML does not allow tabs as indentation';
  if (code === 'TAG_RESOLVE_FAILED') return 'YAML tags (!name) are not supported here';
  return `is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
