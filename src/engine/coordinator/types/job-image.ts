import {basename} from 'node:path';
import {
  imageEntrypoint,
  type LocalImage,
  openImage,
  parseReference,
  pullImage,
  type RegistryAccess,
  resolveReference,
  sendImage,
  sentName,
} from '../../runtime/images/index.ts';
import type {WorkloadHost} from '../../runtime/workloads/workload-host.ts';
import {UserError} from '../../spec/errors.ts';
import type {ImageSource} from '../../spec/stack.ts';
import type {ContainerJob} from '../../spec/workload.ts';

/** Where jobs' images come from. */
export interface JobImageWays {
  readonly registryAccess: (reference: string) => Promise<RegistryAccess>;
  /** Builds one, or finds it built; absent where no sources are at hand. */
  readonly build?: (source: Extract<ImageSource, {kind: 'build'}>) => Promise<LocalImage>;
  /** One that came along with a submission, by the SHA-256 of its manifest. */
  readonly sent: (manifest: string, architecture: string) => Promise<LocalImage>;
}

/** Where a job's image is; `sent` is the SHA-256 of the manifest of one that came along. */
export interface JobImage {
  readonly source: ImageSource;
  readonly sent?: string;
}

interface OnHost {
  readonly name: string;
  readonly digest: string;
}

/**
 * Images of jobs on their hosts: pulled or sent where a host lacks one, else as it is there. A tag is what it was when a
 * host got it: whoever wants another takes another tag, or a digest.
 */
export class JobImages {
  readonly #ways: JobImageWays;
  readonly #there = new WeakMap<WorkloadHost, Map<string, Promise<OnHost>>>();
  readonly #brought = new WeakMap<WorkloadHost, Set<string>>();
  readonly #entrypoints = new Map<string, readonly string[]>();

  constructor(ways: JobImageWays) {
    this.#ways = ways;
  }

  /** Brings it there; one transfer a host and image for all who wait. Errors: those of pulling, opening and sending. */
  bring(host: WorkloadHost, image: JobImage, signal: AbortSignal): Promise<OnHost> {
    const images = this.#there.get(host) ?? new Map<string, Promise<OnHost>>();
    this.#there.set(host, images);
    const key = JSON.stringify(image);
    const known = images.get(key);
    if (known) return known;
    // Not with the signal of whoever came first: others wait for the same.
    const bringing = this.#bring(host, image);
    images.set(key, bringing);
    bringing.then(
      () => {
        if (images.get(key) === bringing) this.#broughtTo(host).add(key);
      },
      () => images.delete(key),
    );
    signal.throwIfAborted();
    return bringing;
  }

  /** Whether it was brought there, and nobody found it gone since. */
  isThere(host: WorkloadHost, image: JobImage): boolean {
    return this.#brought.get(host)?.has(JSON.stringify(image)) ?? false;
  }

  /** Someone removed it from the host. */
  forget(host: WorkloadHost, image: JobImage): void {
    this.#there.get(host)?.delete(JSON.stringify(image));
    this.#brought.get(host)?.delete(JSON.stringify(image));
  }

  #broughtTo(host: WorkloadHost): Set<string> {
    const known = this.#brought.get(host) ?? new Set<string>();
    this.#brought.set(host, known);
    return known;
  }

  /** The image's entrypoint, where the job's command goes behind it. */
  async entrypoint(host: WorkloadHost, job: ContainerJob, {digest}: OnHost): Promise<readonly string[]> {
    if (job.command === undefined || job.entrypoint !== undefined) return [];
    const known = this.#entrypoints.get(digest);
    if (known) return known;
    const found = await imageEntrypoint(host.changing.reading, digest, host.facts.architecture);
    this.#entrypoints.set(digest, found);
    return found;
  }

  async #bring(host: WorkloadHost, image: JobImage): Promise<OnHost> {
    const {source} = image;
    if (source.kind === 'reference') {
      const name = parseReference(source.reference).full;
      const digest = await resolveReference(host.changing.reading, name);
      if (digest !== undefined) return {name, digest};
      return pullImage(host.changing, source.reference, {access: await this.#ways.registryAccess(source.reference)});
    }
    const local = await this.#open(host, source, image.sent);
    const label = source.kind === 'archive' ? basename(source.path).replace(/\.tar$/, '') : basename(source.context);
    const name = sentName('workloads', label, local.digest);
    const digest = await resolveReference(host.changing.reading, name);
    if (digest !== local.digest) await sendImage(host.changing, local, name);
    return {name, digest: local.digest};
  }

  #open(
    host: WorkloadHost,
    source: Exclude<ImageSource, {kind: 'reference'}>,
    sent: string | undefined,
  ): Promise<LocalImage> {
    if (sent !== undefined) return this.#ways.sent(sent, host.facts.architecture);
    if (source.kind === 'archive') return openImage(source.path, host.facts.architecture);
    if (this.#ways.build) return this.#ways.build(source);
    throw new UserError({
      code: 'no-build-here',
      message: 'a coordinator builds no images: it has not got the sources',
      hint: 'Submit it with niyanta submit, which builds it and sends it along; or use niyanta run.',
    });
  }
}
