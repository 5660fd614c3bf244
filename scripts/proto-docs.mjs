// The reference of gRPC, docs/reference/grpc.md, of the .proto files and their comments; scripts/docs.mjs writes it.
import {join} from 'node:path';
import {root} from './node24.mjs';
import {readProtos} from './read-protos.mjs';

/** The page, without the note that it is generated. */
export function grpcPage() {
  const files = readProtos(join(root, 'proto'));
  const known = new Set(files.flatMap(({messages, enums}) => [...messages, ...enums].map(({name}) => name)));
  const services = files.flatMap(file => file.services);
  const parts = [
    'The .proto files are in [proto/niyanta/v1](../../proto/niyanta/v1), and a server tells of itself by reflection. ' +
      'How to call it: [gRPC](../GRPC.md).',
    ...services.flatMap(service => [`## ${service.name}`, service.comment, callTable(service, known)]),
    '## Messages',
    ...files.flatMap(({messages}) => messages.flatMap(message => messageSection(message, known))),
    '## Enumerations',
    ...files.flatMap(({enums}) => enums.flatMap(enumSection)),
  ];
  return `# gRPC\n\n${parts.join('\n\n')}\n`;
}

function callTable({rpcs}, known) {
  const rows = rpcs.map(rpc => {
    const request = `${rpc.requestStream ? 'stream of ' : ''}${link(rpc.request, known)}`;
    const response = `${rpc.responseStream ? 'stream of ' : ''}${link(rpc.response, known)}`;
    return `| ${rpc.name} | ${request} | ${response} | ${cell(rpc.comment)} |`;
  });
  return ['| call | request | answer | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function messageSection({name, comment, fields}, known) {
  const rows = fields.map(field => {
    const type = field.map ? `map of ${link(field.type, known)}` : link(field.type, known);
    const label = field.repeated ? 'list of ' : '';
    const optional = field.optional ? ' Optional.' : '';
    return `| ${field.name} | ${field.number} | ${label}${type} | ${cell(field.comment)}${optional} |`;
  });
  const table = ['| field | number | type | |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return [`### ${name}`, comment, ...(rows.length > 0 ? [table] : [])];
}

function enumSection({name, comment, values}) {
  const rows = values.map(value => `| ${value.name} | ${value.number} | ${cell(value.comment)} |`);
  return [`### ${name}`, comment, ['| value | number | |', '| --- | --- | --- |', ...rows].join('\n')];
}

function link(type, known) {
  return known.has(type) ? `[${type}](#${type.toLowerCase()})` : `\`${type.replace('google.protobuf.', '')}\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
