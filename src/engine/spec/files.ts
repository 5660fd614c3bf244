/** How the spec room reads files: it does no input or output itself. */
export interface Files {
  /** Bytes of a file by absolute path. Rejects as node:fs does (ENOENT, EISDIR, EACCES). */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Names in a folder; none when there is no such folder. */
  readonly list: (directory: string) => Promise<readonly string[]>;
}

/** Why a file could not be read, in plain words. */
export function unreadable(error: unknown): string {
  const code = (error as {code?: string}).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EISDIR') return 'is a folder, not a file';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by you';
  throw error;
}
