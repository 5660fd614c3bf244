import {loadSync, type MessageTypeDefinition, type PackageDefinition} from '@grpc/proto-loader';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
}
interface Message {
  readonly name: string;
  readonly field?: readonly Field[];
  readonly nestedType?: readonly Message[];
  readonly enumType?: readonly {readonly name: string}[];
  readonly oneofDecl?: readonly {readonly name: string}[];
  readonly options?: {readonly mapEntry?: boolean};
}
interface Method {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
}
interface File {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly Message[];
  readonly enumType?: readonly {readonly name: string}[];
  readonly service?: readonly {readonly name: string; readonly method?: readonly Method[]}[];
}

/**
 * The files of a package definition as protoc would describe them. What protobufjs makes lacks imports, calls the entries
 * of maps otherwise, and leaves names of types relative: clients in Go and C++ refuse that. In the form that
 * ReflectionService takes.
 */
export function publishedFiles(definition: PackageDefinition): PackageDefinition {
  const descriptors = loadSync('google/protobuf/descriptor.proto', {enums: String, longs: Number});
  const codec = descriptors['google.protobuf.FileDescriptorProto'] as MessageTypeDefinition<object, object>;
  const some = definition['niyanta.v1.Workload'] as MessageTypeDefinition<object, object>;
  const files = some.fileDescriptorProtos.map(bytes => codec.deserialize(bytes) as File);
  const homes = new Map(files.flatMap(file => namesIn(file).map(name => [name, file.name] as const)));
  const mended = files.map(file => codec.serialize(mendedFile(file, homes)));
  return {'niyanta.v1.Workload': {...some, fileDescriptorProtos: mended}};
}

/** Full names of all types of a file, with a dot before them. */
const namesIn = ({package: scope, messageType = [], enumType = []}: File): readonly string[] => [
  ...enumType.map(({name}) => `.${scope}.${name}`),
  ...messageType.flatMap(message => namesOf(message, `.${scope}`)),
];

const namesOf = ({name, nestedType = [], enumType = []}: Message, scope: string): readonly string[] => [
  `${scope}.${name}`,
  ...enumType.map(each => `${scope}.${name}.${each.name}`),
  ...nestedType.flatMap(each => namesOf(each, `${scope}.${name}`)),
];

function mendedFile(file: File, homes: ReadonlyMap<string, string>): object {
  const used = new Set<string>();
  const resolve = (name: string, scope: string): string => {
    const found = name.startsWith('.') ? name : nearest(name, scope, homes);
    used.add(homes.get(found) ?? '');
    return found;
  };
  const messageType = file.messageType?.map(message => mendedMessage(message, `.${file.package}`, resolve));
  const service = file.service?.map(each => ({
    ...each,
    method: each.method?.map(method => ({
      ...method,
      inputType: resolve(method.inputType, ''),
      outputType: resolve(method.outputType, ''),
    })),
  }));
  const dependency = [...used].filter(name => name !== '' && name !== file.name).sort();
  return {...file, dependency, messageType, service};
}

type Resolve = (name: string, scope: string) => string;

function mendedMessage(message: Message, above: string, resolve: Resolve): Message {
  const {nestedType = [], oneofDecl = []} = message;
  const scope = `${above}.${message.name}`;
  const field = message.field?.map(each => {
    const {typeName, oneofIndex} = each;
    const entry = nestedType.find(({name, options}) => name === typeName && options?.mapEntry);
    const type = entry ? `${scope}.${entryName(each)}` : typeName && resolve(typeName, scope);
    // `optional` is a choice of one, whose name begins so.
    const optional = oneofIndex !== undefined && oneofDecl[oneofIndex]?.name === `_${each.name}`;
    return {...each, ...(type && {typeName: type}), ...(optional && {proto3Optional: true})};
  });
  const nested = nestedType.map(each => {
    const of = message.field?.find(({typeName}) => typeName === each.name);
    const named = of && each.options?.mapEntry ? {...each, name: entryName(of)} : each;
    return mendedMessage(named, scope, resolve);
  });
  return {...message, ...(field && {field}), nestedType: nested};
}

/** Of `not_before`: NotBeforeEntry. */
const entryName = ({name}: Field): string =>
  `${name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Entry`;

/** A relative name means the innermost of that name. */
function nearest(name: string, scope: string, homes: ReadonlyMap<string, string>): string {
  for (let at = scope; at !== ''; at = at.slice(0, at.lastIndexOf('.'))) {
    if (homes.has(`${at}.${name}`)) return `${at}.${name}`;
  }
  return `.${name}`;
}
