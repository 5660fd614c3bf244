import {createHash} from 'node:crypto';

/** Blobs in memory, by their hash. */
export function blobStore() {
  const blobs = new Map<string, Uint8Array>();
  return {
    async putBlob(content: Uint8Array): Promise<string> {
      const sha256 = createHash('sha256').update(content).digest('hex');
      blobs.set(sha256, Uint8Array.from(content));
      return sha256;
    },
    blob: async (sha256: string): Promise<Uint8Array | undefined> => blobs.get(sha256),
  };
}
