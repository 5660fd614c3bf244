import {isMap, isScalar, isSeq, LineCounter, type Node, parseDocument} from 'yaml';
import type {Place, Source} from '../tree.ts';

/** What stands around a key or item of a file. */
export interface Comment {
  /** Lines above it, without `#`. */
  readonly before?: string;
  /** Behind it, on the same line. */
  readonly behind?: string;
  /** Whether an empty line stands above it. */
  readonly space: boolean;
}

/** Comments by where the key or the item that they belong to was written. */
export type Comments = Map<string, Comment>;

/** The key of a place in `Comments`. */
export const commentKey = ({source, line, column}: Place): string => `${source.name}:${line}:${column}`;

/** Under this key stands what heads a file. */
export const headKey = (source: Source): string => `${source.name}:head`;

/** Adds the comments of a text that was read without errors. */
export function commentsOf(text: string, source: Source, into: Comments): void {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {lineCounter, uniqueKeys: false, logLevel: 'silent'});
  const place = (node: Node): string => {
    const {line, col} = lineCounter.linePos(node.range?.[0] ?? 0);
    return `${source.name}:${line}:${col}`;
  };
  const add = (key: string, comment: Comment): void => {
    if (comment.before !== undefined || comment.behind !== undefined || comment.space) into.set(key, comment);
  };
  // The parser hangs what stands above the first entry on the map or list around it.
  const walk = (node: Node | null, above: string | undefined): void => {
    if (isMap(node)) {
      for (const [index, {key, value}] of node.items.entries()) {
        const name = key as Node;
        const inner = value as Node | null;
        const behind = isScalar(inner) ? inner.comment : undefined;
        const before = joined(index === 0 ? above : undefined, name.commentBefore ?? undefined);
        add(place(name), {before, behind: behind ?? undefined, space: name.spaceBefore === true});
        walk(inner, inner?.commentBefore ?? undefined);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const inner = item as Node;
        const before = joined(index === 0 ? above : undefined, inner.commentBefore ?? undefined);
        add(place(inner), {before, behind: inner.comment ?? undefined, space: inner.spaceBefore === true});
        walk(inner, undefined);
      }
    }
  };
  const contents = document.contents;
  // Above the first key of all stands what the whole file is about.
  const first = isMap(contents) ? (contents.items[0]?.key as Node | undefined) : undefined;
  const head = joined(
    document.commentBefore ?? undefined,
    contents?.commentBefore ?? undefined,
    first?.commentBefore ?? undefined,
  );
  if (head !== undefined) into.set(headKey(source), {before: head, space: false});
  walk(contents, undefined);
  if (first) into.delete(place(first));
}

const joined = (...texts: readonly (string | undefined)[]): string | undefined => {
  const there = texts.filter(text => text !== undefined && text.trim() !== '');
  return there.length === 0 ? undefined : there.join('\n');
};
