import {basename, relative} from 'node:path';
import type {Fleet} from './fleet.ts';
import type {ResolvedImage} from './planner/plan-input.ts';
import {registryAccess} from './registry-credentials.ts';
import type {PinnedImage} from './runtime/container-spec.ts';
import {
  buildImage,
  buildKey,
  type LocalImage,
  missingBlobs,
  openImage,
  peekBuild,
  referenceName,
  registryDigest,
  sentName,
} from './runtime/images/index.ts';
import type {ReachableHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import {OutsideError, UserError} from './spec/errors.ts';
import type {ImageSource, Service, ServiceName} from './spec/stack.ts';
import type {EnvironmentState, PinnedReference} from './state/lock-file.ts';

export interface ResolveOptions {
  /** Ask what tags mean now, in place of what the lock file remembers. */
  readonly pull: boolean;
  /** Refuse what the lock file does not pin. */
  readonly locked: boolean;
  /** Use exactly these, by label, whatever files and registries say now: what a rollback goes back to. */
  readonly pins?: Readonly<Record<string, PinnedReference>>;
  /** Build what is not built yet; `plan` never does. */
  readonly build: boolean;
  readonly onProgress: (label: string, message: string) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What the services' images are, as far as can be known without changing anything. */
export interface ResolvedImages {
  readonly byService: Readonly<Record<ServiceName, ResolvedImage>>;
  /** Images on this machine, by label: what is sent to hosts. */
  readonly local: ReadonlyMap<string, LocalImage>;
  /** For the lock file, by label. */
  readonly pins: Readonly<Record<string, PinnedReference>>;
}

interface Found {
  readonly label: string;
  readonly pinned?: PinnedImage;
  readonly pin?: PinnedReference;
  readonly local?: LocalImage;
}

/**
 * Finds the digest of every service's image: of the lock file, of a host that has it, of the registry, or of the file
 * here. Errors: UserError `image-not-pinned` and `image-moved` with `locked`; what registries and files say.
 */
export async function resolveImages(
  session: Session,
  services: readonly Service[],
  fleet: Fleet,
  lock: EnvironmentState | undefined,
  options: ResolveOptions,
): Promise<ResolvedImages> {
  const resolving = new Map<string, Promise<Found>>();
  const resolve = (service: Service): Promise<Found> => {
    const key = JSON.stringify(service.image);
    const known = resolving.get(key) ?? find(session, service, fleet, lock, options);
    resolving.set(key, known);
    return known;
  };
  const found = await Promise.all(services.map(async service => ({service, found: await resolve(service)})));
  const byService: Record<ServiceName, ResolvedImage> = {};
  for (const {service, found: image} of found) {
    byService[service.name] = {
      source: service.image,
      label: image.label,
      pinned: image.pinned,
      bytes: image.local && image.pinned ? await bytesToSend(fleet, image.local, image.pinned) : undefined,
    };
  }
  return {
    byService,
    local: new Map(found.flatMap(({found: {label, local}}) => (local ? [[label, local] as const] : []))),
    pins: Object.fromEntries(found.flatMap(({found: {label, pin}}) => (pin ? [[label, pin] as const] : []))),
  };
}

async function find(
  session: Session,
  service: Service,
  fleet: Fleet,
  lock: EnvironmentState | undefined,
  options: ResolveOptions,
): Promise<Found> {
  const label = imageLabel(service, session.project.directory);
  if (options.pins) return asPinned(session, service, label, fleet, options.pins[label]);
  const pin = lock?.images[label];
  const found = await finders[service.image.kind](
    {session, service, label, pin, fleet, options},
    service.image as never,
  );
  if (options.locked) refuseUnlocked(service, label, pin, found);
  return found;
}

interface Question {
  readonly session: Session;
  readonly service: Service;
  readonly label: string;
  readonly pin?: PinnedReference;
  readonly fleet: Fleet;
  readonly options: ResolveOptions;
}

type Finder<Kind extends ImageSource['kind']> = (
  question: Question,
  source: Extract<ImageSource, {kind: Kind}>,
) => Promise<Found>;

const finders: {readonly [Kind in ImageSource['kind']]: Finder<Kind>} = {
  async reference({session, label, pin, fleet, options}, {kind, reference}) {
    const remembered = options.pull && !options.locked ? undefined : pin?.digest;
    const digest = remembered ?? (options.locked ? undefined : await askForDigest(session, fleet, reference, options));
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
    const key = await buildKey(source);
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

/** The image of an earlier apply; its file here only if it still is that image. */
async function asPinned(
  session: Session,
  {name, image}: Service,
  label: string,
  fleet: Fleet,
  pin?: PinnedReference,
): Promise<Found> {
  if (!pin) {
    throw new UserError({
      code: 'image-not-pinned',
      message: `service ${name}: the history does not say which image ${label} was then`,
      hint: 'Go back to another serial: niyanta history',
      exit: 1,
    });
  }
  const {digest} = pin;
  const file =
    image.kind === 'archive'
      ? await openImage(image.path).catch(() => undefined)
      : pin.key === undefined
        ? undefined
        : await peekBuild(pin.key, session.imageCache);
  const local = file?.digest === digest ? file : undefined;
  const onHosts = nameOnHosts(session, image, digest);
  if (image.kind !== 'reference' && !local && !isOnHost(fleet, onHosts, digest)) {
    throw new UserError({
      code: 'image-gone',
      message: `service ${name}: the image that ${label} was then (${digest.slice(0, 19)}) is on no host that answers, and no longer on this machine`,
      hint: 'Go back to another serial (niyanta history), or apply the present stack.',
      exit: 1,
    });
  }
  return {label, pin, local, pinned: {source: label, name: onHosts, digest}};
}

const isOnHost = (fleet: Fleet, name: string, digest: string): boolean =>
  fleet.observed.some(
    host => host.reachable && host.images.some(image => image.name === name && image.digest === digest),
  );

/** How containerd on the hosts knows an image. */
function nameOnHosts(session: Session, image: ImageSource, digest: string): string {
  if (image.kind === 'reference') return referenceName(image.reference);
  const path = image.kind === 'archive' ? image.path.replace(/\.tar(\.gz)?$/, '') : image.context;
  return sentName(session.project.name, basename(path), digest);
}

/** What a host has already under this name, else what the registry says, asked from the first host that answers. */
async function askForDigest(
  session: Session,
  fleet: Fleet,
  reference: string,
  {pull}: ResolveOptions,
): Promise<string | undefined> {
  const name = referenceName(reference);
  const hosts = fleet.observed.filter((host): host is ReachableHost => host.reachable);
  const present = hosts.flatMap(host => host.images.filter(image => image.name === name));
  if (!pull && present[0]) return present[0].digest;
  const access = await registryAccess(session, reference);
  let failure: unknown;
  for (const {host} of hosts) {
    try {
      return await registryDigest(fleet.connection(host), reference, access);
    } catch (error) {
      // Another host may have a way to the registry that this one has not.
      if (!(error instanceof OutsideError && error.code === 'registry-unreachable')) throw error;
      failure ??= error;
    }
  }
  throw failure ?? nobodyToAsk(reference);
}

const nobodyToAsk = (reference: string): OutsideError =>
  new OutsideError({
    code: 'host-unreachable',
    message: `no host answers, so none can ask the registry what ${reference} is`,
    hint: 'Look at the hosts: niyanta doctor',
    transient: true,
  });

function refuseUnlocked(service: Service, label: string, pin: PinnedReference | undefined, found: Found): void {
  if (pin && found.pinned?.digest === pin.digest) return;
  const why = pin
    ? `is ${found.pinned?.digest ?? 'not built yet'} now, the lock file has ${pin.digest}`
    : 'is not in the lock file';
  throw new UserError({
    code: pin ? 'image-moved' : 'image-not-pinned',
    message: `service ${service.name}: image ${label} ${why}, and --locked refuses that`,
    hint: 'Apply without --locked where the change is meant, and commit the lock file.',
    exit: 1,
  });
}

async function bytesToSend(fleet: Fleet, local: LocalImage, image: PinnedImage): Promise<Record<string, number>> {
  const lacking = fleet.observed.filter(
    host => host.reachable && !host.images.some(({name, digest}) => name === image.name && digest === image.digest),
  );
  const sizes = await Promise.all(
    lacking.map(async ({host}) => {
      const blobs = await missingBlobs(fleet.connection(host), local);
      return [host, blobs.reduce((sum, blob) => sum + blob.size, 0)] as const;
    }),
  );
  return Object.fromEntries(sizes);
}

const pinOf = (digest: string, before: PinnedReference | undefined, {now}: ResolveOptions): PinnedReference =>
  before?.digest === digest ? before : {digest, resolvedAt: now().toISOString()};

/** As in PinnedImage.source; paths relative to the project, so that a clone elsewhere has the same lock file. */
export function imageLabel(service: Pick<Service, 'image'>, directory: string): string {
  const {image} = service;
  if (image.kind === 'reference') return image.reference;
  const path = relative(directory, image.kind === 'archive' ? image.path : image.context) || '.';
  if (image.kind === 'archive') return `archive:${path}`;
  const variant = [image.target, ...Object.entries(image.args).map(([name, value]) => `${name}=${value}`)].filter(
    Boolean,
  );
  return variant.length > 0 ? `build:${path} (${variant.join(', ')})` : `build:${path}`;
}
