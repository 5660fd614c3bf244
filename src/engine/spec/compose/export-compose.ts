import nodePath from 'node:path';
import {Document} from 'yaml';
import type {Stack} from '../stack.ts';
import {configName, exportService} from './export-service.ts';
import {formatStack} from './write-stack.ts';

/** What of a stack a Compose file cannot say. */
export interface Unsaid {
  /** In the stack: `services.web.placement.prefer`. */
  readonly path: string;
  readonly reason: string;
}

export interface ExportedCompose {
  /** The Compose file as YAML. */
  readonly text: string;
  readonly unsaid: readonly Unsaid[];
}

export interface ComposeExport {
  /** Absolute path of the folder that the Compose file will be in; paths in it are relative to that. */
  readonly directory: string;
}

/** A stack as a Compose file, after the Compose specification; secrets are variables there: `${NAME:?…}`. */
export function exportCompose(stack: Stack, {directory}: ComposeExport): ExportedCompose {
  const unsaid: Unsaid[] = [];
  const tell = (path: string, reason: string): void => void unsaid.push({path, reason});
  const relative = (path: string): string => {
    const way = nodePath.relative(directory, path);
    return way === '' ? '.' : way.startsWith('..') ? way : `./${way}`;
  };
  const services = Object.fromEntries(
    stack.services.map(service => [
      service.name,
      exportService(service, stack, {relative, tell: (key, why) => tell(`services.${service.name}.${key}`, why)}),
    ]),
  );
  if (stack.routes.length > 0) tell('routes', 'Compose has no proxy: add one as a service, or publish ports');
  if (stack.hooks?.length) tell('hooks', 'Compose has no jobs around a change: run them by hand, or as services');
  if (stack.release) tell('release', 'Compose updates each service by itself');
  for (const {name, backup} of stack.volumes) if (backup) tell(`volumes.${name}.backup`, 'Compose backs nothing up');
  const document = new Document({
    name: stack.name,
    services,
    ...(stack.volumes.length > 0 && {volumes: Object.fromEntries(stack.volumes.map(({name}) => [name, {}]))}),
    ...topLevel(stack),
  });
  return {text: formatStack(document), unsaid};
}

/** Secrets and files of services are declared at the top. */
function topLevel({services}: Stack): Record<string, unknown> {
  const secrets = services.flatMap(service =>
    (service.secrets ?? []).map(({name}) => [name, {environment: name}] as const),
  );
  const configs = services.flatMap(service =>
    (service.files ?? []).map(
      (file, index) => [configName(service, index), {content: file.content.replaceAll('$', '$$$$')}] as const,
    ),
  );
  return {
    ...(secrets.length > 0 && {secrets: Object.fromEntries(secrets)}),
    ...(configs.length > 0 && {configs: Object.fromEntries(configs)}),
  };
}
