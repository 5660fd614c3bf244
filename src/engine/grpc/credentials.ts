import {ServerCredentials} from '@grpc/grpc-js';

/** PEM, as the API takes them. */
export interface GrpcTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Roots of clients' certificates; absent: clients are not asked for one. */
  readonly ca?: Buffer;
  readonly requestCert?: boolean;
  /** Whether a connection without a good one is refused. */
  readonly rejectUnauthorized?: boolean;
}

/** TLS whose certificates can be renewed, and to which clients may show certificates of theirs without having to. */
export class TlsCredentials extends ServerCredentials {
  constructor({cert, key, ca, requestCert = false, rejectUnauthorized = true}: GrpcTls) {
    super({requestCert, rejectUnauthorized}, {cert, key, ca});
  }

  /** New connections get these. */
  renew({cert, key, ca}: GrpcTls): void {
    this.updateSecureContextOptions({cert, key, ca});
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
