import {Flags} from '@oclif/core';
import type {OpenedProject} from '../engine/open-project.ts';
import type {Session} from '../engine/session.ts';
import type {LoadedServer} from '../engine/spec/server/load-server.ts';
import type {CommandContext} from './engine-command.ts';
import {natsFlags} from './nats-flags.ts';
import {openOnlyProject} from './open.ts';

/** Settings of `serve` that have a flag of their own; all others stand in files and variables. */
export const serveFlags = {
  config: Flags.string({
    summary: 'File with settings (kind: Server); /etc/niyanta/server.yaml when there is one. NIYANTA_CONFIG.',
    helpValue: 'FILE',
  }),
  'show-config': Flags.boolean({summary: 'Show all settings and who said each, and end.', default: false}),
  data: Flags.string({
    summary: 'Folder of the embedded database; .niyanta/coordinator when nothing says it. NIYANTA_DATA.',
    helpValue: 'DIR',
  }),
  database: Flags.string({
    summary: 'PostgreSQL in place of the embedded database, for several coordinators. NIYANTA_DATABASE.',
    description:
      'postgres://USER@HOST/DATABASE, the password as ${secret:NAME}; or all of it in NIYANTA_DATABASE, where it may stand in clear.',
    helpValue: 'URL',
  }),
  listen: Flags.string({
    summary: 'Where the API listens; 127.0.0.1:8460 when nothing says it. NIYANTA_LISTEN.',
    helpValue: 'HOST:PORT',
  }),
  grpc: Flags.string({
    summary: 'Where gRPC listens, for example 127.0.0.1:8461; nowhere when nothing says it. NIYANTA_GRPC.',
    helpValue: 'HOST:PORT',
  }),
  'tls-cert': Flags.string({
    summary: 'Certificate of the API and what is between it and its root, PEM; without it, no TLS. NIYANTA_TLS_CERT.',
    helpValue: 'FILE',
  }),
  'tls-key': Flags.string({summary: 'Key of the certificate, PEM. NIYANTA_TLS_KEY.', helpValue: 'FILE'}),
  ...natsFlags,
  'log-level': Flags.string({
    summary: 'What is logged on standard error: debug, info, warn or error. NIYANTA_LOG_LEVEL.',
    helpValue: 'LEVEL',
  }),
  'log-format': Flags.string({
    summary:
      'json, ecs (Elasticsearch) or text; text on a terminal and json elsewhere when nothing says it. NIYANTA_LOG_FORMAT.',
    helpValue: 'FORMAT',
  }),
  otlp: Flags.string({
    summary: 'OpenTelemetry collector (OTLP/HTTP) for traces. NIYANTA_TRACING_OTLP, OTEL_EXPORTER_OTLP_ENDPOINT.',
    helpValue: 'URL',
  }),
  'stop-deadline': Flags.string({
    summary: 'How long a stop may take; 20s when nothing says it. NIYANTA_STOP_DEADLINE.',
    helpValue: 'DURATION',
  }),
};

const settingOf = {
  data: 'data',
  database: 'database',
  listen: 'listen',
  grpc: 'grpc',
  'tls-cert': 'tls.cert',
  'tls-key': 'tls.key',
  nats: 'nats.url',
  'nats-tls-ca': 'nats.tls.ca',
  'nats-tls-cert': 'nats.tls.cert',
  'nats-tls-key': 'nats.tls.key',
  'nats-credentials': 'nats.credentials',
  'log-level': 'log.level',
  'log-format': 'log.format',
  otlp: 'tracing.otlp',
  'stop-deadline': 'stopDeadline',
} as const;

type Told = {readonly [flag in keyof typeof settingOf]?: string} & {
  readonly config?: string;
  readonly project?: string;
  readonly state?: string;
};

/** Project and settings, as files, variables and flags say now. */
export async function readServe(
  flags: Told,
  context: CommandContext,
): Promise<{readonly session: OpenedProject & Session; readonly server: LoadedServer}> {
  const session = await openOnlyProject(flags, context);
  const {serverConfig} = await import('../engine/server-config.ts');
  const told = Object.entries(settingOf).flatMap(([flag, path]) => {
    const text = flags[flag as keyof typeof settingOf];
    return text === undefined ? [] : [[path, text] as const];
  });
  const {config} = flags;
  const {cwd, env} = context;
  const server = await serverConfig({
    cwd,
    env,
    section: session.serverSection,
    config,
    flags: Object.fromEntries(told),
  });
  return {session, server};
}
