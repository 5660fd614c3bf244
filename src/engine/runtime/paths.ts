import type {ContainerId} from './container-spec.ts';

/** Everything niyanta keeps on a host. */
export const root = '/var/lib/niyanta';
/** niyanta's own small scripts. */
export const toolkit = '/usr/local/lib/niyanta';
/** On tmpfs: gone after a reboot. */
export const runtime = '/run/niyanta';

export const containersFolder = `${root}/containers`;
export const networksFolder = `${root}/networks`;
export const hostsFolder = `${root}/hosts`;
/** By bridge: a host's part of an environment's network. */
export const overlaysFolder = `${root}/overlays`;
export const volumesFolder = `${root}/volumes`;
export const logsFolder = `${root}/logs`;
/** By environment: the number of the lease that may change it. */
/** By container: what is mounted into it as its files. */
export const filesFolder = `${root}/files`;
export const fencesFolder = `${root}/fences`;

/** Of the host's proxy; kept over its restarts and the host's. */
export const proxyFolder = `${root}/proxy`;
/** What the proxy is, as JSON in a line. */
export const proxyPath = `${proxyFolder}/proxy.json`;
/** What Caddy reads when it starts. */
export const proxyConfigPath = `${proxyFolder}/config.json`;
/** By environment: its routes, JSON in a line; and a file of the same name while Caddy has yet to take them. */
export const proxyRoutesFolder = `${proxyFolder}/routes`;
export const proxyPendingFolder = `${proxyFolder}/pending`;
/** Own certificates and their keys; root only. */
export const proxyCertificatesFolder = `${proxyFolder}/certificates`;
/** Caddy's admin API; root only. */
export const proxySocketPath = `${proxyFolder}/run/admin.sock`;
export const proxyAccessLogPath = `${proxyFolder}/log/access.log`;

/** Copies of what the state says of each environment, for a state that is lost. */
export const environmentsFolder = `${root}/environments`;

/** By container: its secret files as they are put back after a reboot; clear text, for root alone. */
export const secretsFolder = `${root}/secrets`;
/** By container: its secret files as they are mounted; on tmpfs. */
export const mountedSecretsFolder = `${runtime}/secrets`;

export const manifestPath = (id: ContainerId): string => `${containersFolder}/${id}.json`;
/** Folder with what `network up ID` needs. */
export const networkPath = (id: ContainerId): string => `${networksFolder}/${id}`;
/** Bind-mounted to /etc/hosts of the container. */
export const hostsPath = (id: ContainerId): string => `${hostsFolder}/${id}`;
export const hostnamePath = (id: ContainerId): string => `${hostsFolder}/${id}.hostname`;
export const resolvPath = (id: ContainerId): string => `${hostsFolder}/${id}.resolv`;
export const logPath = (id: ContainerId): string => `${logsFolder}/${id}.log`;
/** One line a start of its task: seconds since the epoch. */
export const startsPath = (id: ContainerId): string => `${logsFolder}/${id}.starts`;
/** One line an end of its task: seconds since the epoch, exit code or -, processes that the kernel killed for memory. */
export const endsPath = (id: ContainerId): string => `${logsFolder}/${id}.ends`;
/** Where earlier versions put the environment while a container was made. */
export const envPath = (id: ContainerId): string => `${runtime}/env/${id}`;
/** Folder with a container's files, 1, 2, 3, … */
export const filesPath = (id: ContainerId): string => `${filesFolder}/${id}`;
/** A secret's file on the host, by its place among the container's; its name may hold slashes. */
export const mountedSecretPath = (id: ContainerId, index: number): string =>
  `${mountedSecretsFolder}/${id}/${index + 1}`;
export const namespacePath = (id: ContainerId): string => `/run/netns/${id}`;
export const volumePath = (folder: string): string => `${volumesFolder}/${folder}`;
