/** One member of a tar file and where its bytes are. */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  /** Type flag: `0` a file, `1` a hard link, `2` a symbolic link, `5` a folder, `x`, `g`, `L`, `K` extensions. */
  readonly type: string;
  readonly size: number;
}

/**
 * Reads one 512-byte header (POSIX.1-2017 pax, "ustar Interchange Format"; GNU's base-256 sizes). `undefined` for the
 * block of zeros that ends an archive. Errors: RangeError when it is no header.
 */
export function tarHeader(block: Buffer): TarHeader | undefined {
  if (block.every(byte => byte === 0)) return undefined;
  let sum = 0;
  for (let i = 0; i < 512; i += 1) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  if (sum !== octal(block, 148, 8)) throw new RangeError('not a tar header');
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156]!),
    size: number(block, 124, 12),
  };
}

/** Largest size that a header can tell in octal digits: 8 GiB less one byte. */
export const largestTarMember = 8 ** 11 - 1;

/** The 512-byte header of a file (ustar) with mode 0644, of the epoch. Errors: RangeError for what has no room in one. */
export function encodeTarHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100 || size > largestTarMember) throw new RangeError('no room for it in a tar header');
  const block = Buffer.alloc(512);
  const digits = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(name, 0);
  block.write(digits(0o644, 8), 100);
  block.write(digits(0, 8), 108);
  block.write(digits(0, 8), 116);
  block.write(digits(size, 12), 124);
  block.write(digits(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** `path`, `size` and the like out of a pax extended header: records `LENGTH KEY=VALUE\n`. */
export function paxRecords(body: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(body.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at || at + length > body.length)
      throw new RangeError('a broken pax header');
    const record = body.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (equals === -1) throw new RangeError('a broken pax header');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end === -1 || end > start + length ? start + length : end);
}

function number(block: Buffer, start: number, length: number): number {
  if ((block[start]! & 0x80) === 0) return octal(block, start, length);
  let value = block[start]! & 0x7f;
  for (let i = start + 1; i < start + length; i += 1) value = value * 256 + block[i]!;
  if (!Number.isSafeInteger(value)) throw new RangeError('a size beyond reason');
  return value;
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]*$/.test(digits)) throw new RangeError('a broken number in a tar header');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}
