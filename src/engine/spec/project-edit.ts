import {type Document, isMap, isScalar, parseDocument, type YAMLMap} from 'yaml';
import {Bug, UserError} from './errors.ts';
import {didYouMean} from './suggest.ts';

/** Fields of a host as niyanta.yaml writes them: `{address: '10.0.0.11', hostKey: 'SHA256:…'}`. */
export type HostFields = Readonly<Record<string, string | number | boolean | Readonly<Record<string, string>>>>;

/** niyanta.yaml with one host more; comments and formatting stay. Errors: UserError `host-exists`. */
export function addHost(text: string, name: string, fields: HostFields): string {
  const document = parse(text);
  const hosts = hostsOf(document);
  if (hosts.has(name)) {
    const hint = `niyanta host rm ${name} removes it.`;
    throw new UserError({code: 'host-exists', message: `the project already has a host ${name}`, hint});
  }
  const entry = document.createNode(fields) as YAMLMap;
  const first = hosts.items[0]?.value;
  entry.flow = !isMap(first) || Boolean(first.flow);
  // A map written as `{}` or `{h1: …}` would grow into one long line.
  hosts.flow = false;
  hosts.set(document.createNode(name), entry);
  return print(document, text);
}

/** niyanta.yaml without a host. Errors: UserError `unknown-host`. */
export function removeHost(text: string, name: string): string {
  const document = parse(text);
  const hosts = hostsOf(document);
  existing(hosts, name);
  hosts.delete(name);
  if (hosts.items.length === 0) hosts.flow = true;
  return print(document, text);
}

/** niyanta.yaml with one field of a host set, or removed with `undefined`. Errors: UserError `unknown-host`. */
export function setHostField(
  text: string,
  name: string,
  field: string,
  value: string | number | boolean | undefined,
): string {
  const document = parse(text);
  const host = existing(hostsOf(document), name);
  if (value === undefined) host.delete(field);
  else {
    const old = host.get(field, true);
    // Changing the scalar in place keeps the comment behind it.
    if (isScalar(old)) old.value = value;
    else host.set(field, value);
  }
  return print(document, text);
}

function existing(hosts: YAMLMap, name: string): YAMLMap {
  const host = hosts.get(name);
  if (isMap(host)) return host;
  const names = hosts.items.map(item => String(isScalar(item.key) ? item.key.value : item.key));
  const message = `the project has no host ${JSON.stringify(name)}${didYouMean(name, names)}`;
  const hint = hosts.has(name)
    ? 'It is an alias in niyanta.yaml: edit it there.'
    : `Hosts: ${names.join(', ') || 'none'}.`;
  throw new UserError({code: 'unknown-host', message, hint});
}

function hostsOf(document: Document): YAMLMap {
  const hosts = document.get('hosts');
  if (isMap(hosts)) return hosts;
  const made = document.createNode({}) as YAMLMap;
  made.flow = false;
  document.set('hosts', made);
  return made;
}

/** The text was read and checked before; one that cannot be edited is a mistake of the caller. */
function parse(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents))
    throw new Bug('niyanta.yaml was edited before it was checked');
  return document;
}

function print(document: Document, text: string): string {
  const indent = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return document.toString({lineWidth: 0, flowCollectionPadding: /\{ \S/.test(text), indent: Math.min(indent, 8)});
}
