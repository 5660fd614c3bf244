import type {ContainerId, ContainerNetwork, ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import {Bug} from '../spec/errors.ts';
import {secretsOfService} from '../spec/secret-uses.ts';
import type {HostName, Service} from '../spec/stack.ts';
import {scopeOf} from './ownership.ts';
import type {PlanInput, ResolvedImage} from './plan-input.ts';

/** Who a container is and where it lives. */
export interface Identity {
  readonly replica: number;
  readonly host: HostName;
  readonly id: ContainerId;
  readonly network: ContainerNetwork;
}

/** The container that the stack asks for; `running` is what the replica has now, if anything. */
export function desiredSpec(
  input: PlanInput,
  service: Service,
  identity: Identity,
  running: ContainerSpec | undefined,
): ContainerSpec {
  const scope = scopeOf(input);
  return {
    ...scope,
    ...identity,
    service: service.name,
    image: imageOf(resolvedImage(input, service), running),
    env: service.env,
    secrets: secretsOf(input, service),
    ...(service.secrets && {secretFiles: service.secrets}),
    ...(service.secrets && input.secretsAtRest === 'none' && {secretsAtRest: 'none'}),
    command: service.command,
    entrypoint: service.entrypoint,
    workdir: service.workdir,
    user: service.user,
    volumes: service.volumes.map(({volume, target, readOnly}) => ({
      volume,
      source: input.naming.volumePath(scope, volume),
      target,
      readOnly,
    })),
    ...(service.files && service.files.length > 0 && {files: service.files}),
    mounts: service.mounts,
    ports: service.ports,
    readOnly: service.readOnly,
    capabilities: service.capabilities,
    seccomp: service.seccomp,
    noNewPrivileges: service.noNewPrivileges,
    resources: service.resources,
    restart: service.restart,
    stop: service.stop,
    logs: service.logs,
    health: service.health,
    labels: service.labels,
  };
}

export function resolvedImage(input: PlanInput, service: Service): ResolvedImage {
  const image = input.images[service.name];
  if (!image) throw new Bug(`the plan was not told what the image of ${service.name} resolves to`);
  return image;
}

/** A tag is resolved again only when told: what runs under the same reference stays. */
function imageOf({source, label, pinned}: ResolvedImage, running: ContainerSpec | undefined): PinnedImage {
  if (pinned) return pinned;
  if (source.kind === 'reference' && running?.image.source === label) return running.image;
  return {source: label, name: '', digest: ''};
}

function secretsOf(input: PlanInput, service: Service): Readonly<Record<string, string>> {
  return Object.fromEntries(
    secretsOfService(service).map(name => {
      const fingerprint = input.secrets[name];
      if (fingerprint === undefined) throw new Bug(`the plan was not told the fingerprint of secret ${name}`);
      return [name, fingerprint];
    }),
  );
}
