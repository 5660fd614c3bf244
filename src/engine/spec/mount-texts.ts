import {z} from 'zod';
import {dnsName} from './names.ts';
import type {HostMount, PublishedPort, VolumeMount} from './stack.ts';
import {wrongPath} from './texts.ts';

/** `name:/absolute/path[:ro]`. */
export const volumeMount = z.string().transform((text, context): VolumeMount => {
  const [volume = '', target, mode, ...more] = text.split(':');
  const name = dnsName('a volume').safeParse(volume);
  if (target === undefined || more.length > 0) {
    context.addIssue('is not of the form name:/absolute/path or name:/absolute/path:ro');
  } else if (volume.startsWith('/') || volume.startsWith('.')) {
    context.addIssue('names a path on the host, not a volume: write it under mounts');
  } else if (!name.success) context.addIssue(`${JSON.stringify(volume)} ${name.error.issues[0]!.message}`);
  else checkTarget(target, mode, context);
  return {volume, target: normal(target ?? ''), readOnly: mode === 'ro'};
});

/** `/host/path:/container/path[:ro]`. */
export const hostMount = z.string().transform((text, context): HostMount => {
  const [source = '', target, mode, ...more] = text.split(':');
  if (target === undefined || more.length > 0) {
    context.addIssue('is not of the form /path/on/host:/path/in/container or the same with :ro');
  } else if (!source.startsWith('/')) {
    context.addIssue(
      `${JSON.stringify(source)} is not an absolute path on the host; a named volume is written under volumes`,
    );
  } else if (wrongPath(source) !== undefined) context.addIssue(`the host's path ${wrongPath(source)}`);
  else checkTarget(target, mode, context);
  return {source: normal(source), target: normal(target ?? ''), readOnly: mode === 'ro'};
});

/** `[address:]host:container[/udp]`. */
export const publishedPort = z.string().transform((text, context): PublishedPort => {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|\d{1,3}(?:\.\d{1,3}){3}):)?(\d{1,6}):(\d{1,6})(?:\/(tcp|udp))?$/.exec(text);
  const [, address, host, container, protocol] = match ?? [];
  if (!match) {
    context.addIssue(
      /^\d+$/.test(text)
        ? `says one port only: write "${text}:${text}" for port ${text} of the host to port ${text} of the container`
        : 'is not of the form "80:8080", "127.0.0.1:80:8080" or "53:53/udp" (port of the host first)',
    );
  }
  for (const port of [host, container]) {
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
      context.addIssue(`${port} is not a port: ports go from 1 to 65535`);
    }
  }
  const bare = address?.replace(/^\[|\]$/g, '');
  if (bare !== undefined && !z.union([z.ipv4(), z.ipv6()]).safeParse(bare).success) {
    context.addIssue(`${bare} is not an IP address`);
  }
  return {
    ...(bare !== undefined && {address: bare}),
    host: Number(host),
    container: Number(container),
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  };
});

const normal = (path: string): string => path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

function checkTarget(target: string, mode: string | undefined, context: z.core.$RefinementCtx): void {
  const wrong = normal(target) === '/' ? 'must not be / itself' : wrongPath(target);
  if (wrong !== undefined) context.addIssue(`the container's path ${wrong}`);
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') {
    context.addIssue(`${JSON.stringify(mode)} is not a mode: ro is read-only, rw may be left out`);
  }
}
