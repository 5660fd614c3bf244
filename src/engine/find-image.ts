import {askForDigest} from './ask-for-digest.ts';
import type {Fleet} from './fleet.ts';
import {isOnHost, nameOnHosts} from './image-on-hosts.ts';
import type {PinnedImage} from './runtime/container-spec.ts';
import {buildImage, buildKey, type LocalImage, openImage, peekBuild} from './runtime/images/index.ts';
import type {Session} from './session.ts';
import type {ImageSource, Service} from './spec/stack.ts';
import type {PinnedReference} from './state/lock-file.ts';

export interface ResolveOptions {
  /** Ask what tags mean now, in place of what the lock file remembers. */
  readonly pull: boolean;
  /** Refuse what the lock file does not pin. */
  readonly locked: boolean;
  /** Use exactly these, by label, whatever files and registries say now: what a rollback goes back to. */
  readonly pins?: Readonly<Record<string, PinnedReference>>;
  /** These win over what is remembered, where they are told; what has none is found as ever. */
  readonly prefer?: Readonly<Record<string, PinnedReference>>;
  /** Build what is not built yet; `plan` never does. */
  readonly build: boolean;
  readonly onProgress: (label: string, message: string) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What is known of one image. */
export interface FoundImage {
  readonly label: string;
  readonly pinned?: PinnedImage;
  readonly pin?: PinnedReference;
  readonly local?: LocalImage;
}

/** Who wants an image: a service, or the proxy. */
export type ImageUser = Pick<Service, 'name' | 'image'>;

/** What is asked of an image, and what is known of it. */
export interface Question {
  readonly session: Session;
  readonly service: ImageUser;
  readonly label: string;
  readonly pin?: PinnedReference;
  readonly fleet: Fleet;
  readonly options: ResolveOptions;
}

type Finder<Kind extends ImageSource['kind']> = (
  question: Question,
  source: Extract<ImageSource, {kind: Kind}>,
) => Promise<FoundImage>;

/** How the digest of each kind of image is found. */
export const imageFinders: {readonly [Kind in ImageSource['kind']]: Finder<Kind>} = {
  async reference({session, label, pin, fleet, options}, {kind, reference}) {
    const remembered = options.pull && !options.locked ? undefined : pin?.digest;
    const digest =
      remembered ?? (options.locked ? undefined : await askForDigest(session, fleet, reference, options.pull));
    if (digest === undefined) return {label};
    const name = nameOnHosts(session, {kind, reference}, digest);
    return {label, pinned: {source: label, name, digest}, pin: pinOf(digest, pin, options)};
  },
  async archive({session, label, pin, options}, {path}) {
    const local = await openImage(path);
    const {digest} = local;
    const name = nameOnHosts(session, {kind: 'archive', path}, digest);
    return {label, local, pinned: {source: label, name, digest}, pin: pinOf(digest, pin, options)};
  },
  async build({session, label, pin, fleet, options}, source) {
    const key = await buildKey(source, session.imageCache);
    const built = await peekBuild(key, session.imageCache);
    // Built elsewhere, of the same sources: a host passes it on, since building anew may give another digest.
    const elsewhere =
      pin?.key === key && isOnHost(fleet, nameOnHosts(session, source, pin.digest), pin.digest)
        ? pin.digest
        : undefined;
    const local = built ?? (options.build && elsewhere === undefined ? await build() : undefined);
    const digest = local?.digest ?? elsewhere;
    if (digest === undefined) return {label};
    const name = nameOnHosts(session, source, digest);
    return {label, local, pinned: {source: label, name, digest}, pin: {...pinOf(digest, pin, options), key}};

    function build(): Promise<LocalImage> {
      return buildImage(source, key, session.imageCache, {
        onProgress: line => options.onProgress(label, line),
        signal: options.signal,
      });
    }
  },
};

const pinOf = (digest: string, before: PinnedReference | undefined, {now}: ResolveOptions): PinnedReference =>
  before?.digest === digest ? before : {digest, resolvedAt: now().toISOString()};
