import {Client, type ClientOptions, credentials, Metadata, type StatusObject, status} from '@grpc/grpc-js';
import type {MessageTypeDefinition, MethodDefinition, ServiceDefinition} from '@grpc/proto-loader';
import {loadProtos} from '../../../src/engine/grpc/load-protos.ts';

export const {definition} = loadProtos();
export const service = definition['niyanta.v1.SchedulerService'] as ServiceDefinition;

/** How a call ended, and what came. */
export interface Answer {
  /** `OK`, `NOT_FOUND`, …. */
  readonly status: string;
  readonly message: string;
  /** Of a unary call the one, of a stream all. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what came
  readonly messages: any[];
  /** Of the first message that came. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly one: any;
  /** google.rpc's, by the names of their messages. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly details: Readonly<Record<string, any>>;
  /** What came before the messages, and at last. */
  readonly first: Metadata;
  readonly last: Metadata;
}

export interface Asked {
  readonly key?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds from now; 20 s unless told. */
  readonly deadlineMs?: number;
  /** Given up by the client after so many messages. */
  readonly enough?: number;
  /** More messages, of a client's stream. */
  readonly messages?: readonly object[];
}

export const clientOf = (address: string, creds = credentials.createInsecure(), options: ClientOptions = {}): Client =>
  new Client(address, creds, {'grpc.use_local_subchannel_pool': 1, ...options});

export const metadataOf = ({key, metadata = {}}: Asked): Metadata => {
  const made = new Metadata();
  if (key !== undefined) made.set('authorization', `Bearer ${key}`);
  for (const [name, value] of Object.entries(metadata)) made.set(name, value);
  return made;
};

/** A call of SchedulerService, to its end. */
export const callMethod = (client: Client, name: string, request: object, asked: Asked = {}): Promise<Answer> =>
  callDefined(client, service[name]!, request, asked);

/** Any call; `request` may be bytes, which are sent as they are. */
export function callDefined(
  client: Client,
  method: MethodDefinition<object, object>,
  request: object | Buffer,
  asked: Asked = {},
): Promise<Answer> {
  const {path, responseDeserialize} = method;
  const serialize = (message: object | Buffer) =>
    Buffer.isBuffer(message) ? message : method.requestSerialize(message as object);
  const options = {deadline: Date.now() + (asked.deadlineMs ?? 20_000)};
  const metadata = metadataOf(asked);
  return new Promise(resolve => {
    const messages: object[] = [];
    let first = new Metadata();
    let ended: StatusObject | undefined;
    const done = () => {
      if (!ended) return;
      const details = detailsOf(ended.metadata);
      resolve({
        status: status[ended.code]!,
        message: ended.details,
        messages,
        one: messages[0],
        details,
        first,
        last: ended.metadata,
      });
    };
    const common = {
      metadata: (came: Metadata) => {
        first = came;
      },
      status: (came: StatusObject) => {
        ended = came;
        setImmediate(done);
      },
    };
    if (method.responseStream) {
      const call = client.makeServerStreamRequest(path, serialize, responseDeserialize, request, metadata, options);
      call
        .on('error', () => undefined)
        .on('data', message => {
          messages.push(message);
          if (messages.length === asked.enough) call.cancel();
        });
      call.on('metadata', common.metadata).on('status', common.status);
    } else if (method.requestStream) {
      const call = client.makeClientStreamRequest(
        path,
        serialize,
        responseDeserialize,
        metadata,
        options,
        (_, came) => {
          if (came) messages.push(came);
        },
      );
      call.on('metadata', common.metadata).on('status', common.status);
      for (const message of [request, ...(asked.messages ?? [])]) call.write(message);
      call.end();
    } else {
      const call = client.makeUnaryRequest(
        path,
        serialize,
        responseDeserialize,
        request,
        metadata,
        options,
        (_, came) => {
          if (came) messages.push(came);
        },
      );
      call.on('metadata', common.metadata).on('status', common.status);
    }
  });
}

/** `{ErrorInfo: {…}, BadRequest: {…}}` of `grpc-status-details-bin`. */
function detailsOf(metadata: Metadata): Record<string, object> {
  const [packed] = metadata.get('grpc-status-details-bin');
  if (!(packed instanceof Buffer)) return {};
  const whole = typed('google.rpc.Status').deserialize(packed) as {
    details: {type_url: string; value: Buffer}[];
  };
  return Object.fromEntries(
    whole.details.map(({type_url: typeUrl, value}) => {
      const name = typeUrl.replace('type.googleapis.com/', '');
      return [name.replace('google.rpc.', ''), typed(name).deserialize(value)];
    }),
  );
}

const typed = (name: string) => definition[name] as MessageTypeDefinition<object, object>;
