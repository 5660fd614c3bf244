import {locationOf, type Path, type Place, pathText} from '../tree.ts';

/** lost: the stack does without it. changed: it became something else. needless: niyanta does it anyway. */
export type NoteKind = 'lost' | 'changed' | 'needless';

/** What became of a key of a Compose file that was not simply carried over. */
export interface Note {
  readonly kind: NoteKind;
  /** Of the key, in the Compose file: `services.web.privileged`. */
  readonly path: string;
  readonly file: string;
  /** Lines and columns count from 1. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** Collects notes, each spot once. */
export class Notes {
  readonly #notes = new Map<string, Note>();

  add(kind: NoteKind, path: Path, place: Place, reason: string): void {
    const {file, line, column} = locationOf(place);
    const note = {kind, path: pathText(path), file, line, column, reason};
    const key = `${file}:${line}:${column}:${note.path}:${reason}`;
    if (!this.#notes.has(key)) this.#notes.set(key, note);
  }

  /** In the order of the files' lines. */
  all(): readonly Note[] {
    return [...this.#notes.values()].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
    );
  }
}
