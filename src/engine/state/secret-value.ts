/** A secret's value: text, or bytes where it is not UTF-8. */
export type SecretValue = string | Uint8Array;

export const secretBytes = (value: SecretValue): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value);

/** Bytes as text where they are text. */
export function secretValue(bytes: Uint8Array): SecretValue {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}
