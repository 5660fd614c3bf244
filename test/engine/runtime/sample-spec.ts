import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';

/** A plain container: the second backend of the shop. */
export const sampleSpec = (wish: Partial<ContainerSpec> = {}): ContainerSpec => ({
  id: 'shop-default-backend-2-1a2b3c',
  project: 'demo',
  stack: 'shop',
  environment: 'default',
  service: 'backend',
  replica: 2,
  host: 'h1',
  image: {source: 'shop/backend:1.4', name: 'docker.io/shop/backend:1.4', digest: `sha256:${'a'.repeat(64)}`},
  env: {},
  secrets: {},
  volumes: [],
  mounts: [],
  ports: [],
  readOnly: false,
  capabilities: {add: [], drop: []},
  seccomp: 'default',
  noNewPrivileges: true,
  resources: {},
  restart: 'always',
  stop: {signal: 'SIGTERM', graceMs: 10_000},
  labels: {},
  network: {bridge: 'ny01234567', subnet: '10.89.3.0/24', gateway: '10.89.3.1', address: '10.89.3.7'},
  ...wish,
});
