// Reads the .proto files under proto/: what is declared, with the comments above it. They are written one declaration a
// line, which is all that this understands; test/engine/grpc/protos.test.ts holds it against what protobufjs reads.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const KEYWORDS = {message: 'messages', enum: 'enums', service: 'services'};

/** {file, package, services, messages, enums} of each file; names are full, of nested types too. */
export function readProtos(folder, names = protoFiles(folder)) {
  return names.map(file => readProto(file, readFileSync(join(folder, file), 'utf8')));
}

/** Of niyanta itself; what belongs to gRPC and Google is left out. */
export const protoFiles = folder =>
  readdirSync(join(folder, 'niyanta/v1'))
    .sort()
    .map(name => `niyanta/v1/${name}`);

function readProto(file, text) {
  const proto = {file, package: /^package ([\w.]+);$/m.exec(text)[1], services: [], messages: [], enums: []};
  const open = [];
  let comment = [];
  for (const written of text.split('\n')) {
    const line = written.trim();
    const said = /^\/\/ ?(.*)$/.exec(line);
    if (said) comment.push(said[1]);
    else if (line === '') comment = [];
    else if (line === '}') open.pop();
    else {
      readLine(line, comment.join(' '), proto, open);
      comment = [];
    }
  }
  return proto;
}

function readLine(line, comment, proto, open) {
  const block = /^(message|enum|service|oneof) (\w+) \{(\})?$/.exec(line);
  if (block) return begin(block, comment, proto, open);
  const parent = open.at(-1);
  const rpc = /^rpc (\w+)\((stream )?([\w.]+)\) returns \((stream )?([\w.]+)\);$/.exec(line);
  const value = /^(\w+) = (\d+);$/.exec(line);
  const field = /^(optional |repeated )?(map<(\w+), ([\w.]+)>|[\w.]+) (\w+) = (\d+);$/.exec(line);
  if (rpc) {
    const [, name, requestStream, request, responseStream, response] = rpc;
    parent.rpcs.push({
      name,
      comment,
      request,
      response,
      requestStream: !!requestStream,
      responseStream: !!responseStream,
    });
  } else if (value) parent.values.push({name: value[1], number: Number(value[2]), comment});
  else if (field) {
    const [, label = '', type, , mapped, name, number] = field;
    const message = parent.oneof ? open.at(-2) : parent;
    message.fields.push({
      name,
      number: Number(number),
      type: mapped ?? type,
      written: `${label}${type}`,
      map: mapped !== undefined,
      repeated: label === 'repeated ',
      optional: label === 'optional ' || parent.oneof !== undefined,
      comment,
    });
  } else if (!/^(syntax|package|import|option) /.test(line)) throw new Error(`${proto.file}: what is ${line}`);
}

function begin([, keyword, name, empty], comment, proto, open) {
  const parent = open.at(-1);
  const full = parent ? `${parent.name}.${name}` : name;
  const made = keyword === 'oneof' ? {oneof: name} : {name: full, comment, fields: [], values: [], rpcs: []};
  if (keyword !== 'oneof') proto[KEYWORDS[keyword]].push(made);
  if (!empty) open.push(made);
}
