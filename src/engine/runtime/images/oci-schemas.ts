import {z} from 'zod';

/** What niyanta reads of the OCI image format (image-spec 1.1) and of `docker save`; other keys are left alone. */
const digest = z.string().regex(/^sha256:[a-f0-9]{64}$/, 'is not a sha256 digest');

export const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.number().int().nonnegative(),
  platform: z.object({architecture: z.string(), os: z.string(), variant: z.string().optional()}).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof descriptor>;

export const imageIndex = z.object({manifests: z.array(descriptor)});

export const imageManifest = z.object({
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
});

export type ImageManifest = z.infer<typeof imageManifest>;

const strings = z.array(z.string()).nullish();

export const imageConfiguration = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z
    .object({
      User: z.string().optional(),
      Entrypoint: strings,
      Cmd: strings,
      WorkingDir: z.string().optional(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  rootfs: z.object({diff_ids: z.array(digest)}),
});
export type ImageConfiguration = z.infer<typeof imageConfiguration>;

/** manifest.json of `docker save`. */
export const dockerManifest = z.array(
  z.object({Config: z.string(), RepoTags: strings, Layers: z.array(z.string()).nonempty()}),
);

export const isIndex = (mediaType: string): boolean =>
  mediaType === 'application/vnd.oci.image.index.v1+json' ||
  mediaType === 'application/vnd.docker.distribution.manifest.list.v2+json';

export const isManifest = (mediaType: string): boolean =>
  mediaType === 'application/vnd.oci.image.manifest.v1+json' ||
  mediaType === 'application/vnd.docker.distribution.manifest.v2+json';
