import type {Readable} from 'node:stream';

/** An image on this machine, for one architecture: its metadata read, its layers not. */
export interface LocalImage {
  /** Absolute path of the archive or layout folder. */
  readonly path: string;
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  /** Media type of the manifest. */
  readonly mediaType: string;
  /** Size of the manifest in bytes. */
  readonly size: number;
  /** The manifest first, then the configuration, then the layers, each once. */
  readonly blobs: readonly LocalBlob[];
  readonly config: ImageConfig;
  readonly architecture: string;
}

export interface LocalBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** A new stream of the blob's bytes; ends with a UserError `image-corrupt` when they are not what the digest says. */
  open(): Readable;
}

/** What niyanta reads of an image's configuration (OCI image spec, config.md). */
export interface ImageConfig {
  /** As `USER` says; absent for root. */
  readonly user?: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workdir?: string;
  /** `8080/tcp`. */
  readonly exposed: readonly string[];
}
