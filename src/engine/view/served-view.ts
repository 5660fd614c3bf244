import type {View} from './look.ts';

export interface ServedHere {
  readonly address: string;
  /** Of gRPC. */
  readonly grpc?: string;
  readonly adminKey?: string;
}

/** Where a coordinator is reached, and the key of its first start. */
export const servedView: View<ServedHere> = {
  text: ({address, grpc, adminKey}) =>
    [
      `The coordinator listens at ${address}${grpc === undefined ? '' : `, gRPC at ${grpc}`}`,
      ...(adminKey === undefined
        ? []
        : [
            '',
            `Admin key: ${adminKey}`,
            'It is shown this once. Commands take it from NIYANTA_API_KEY, and the address from NIYANTA_SERVER.',
          ]),
    ].join('\n'),
};
