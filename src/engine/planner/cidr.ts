/** An IPv4 block as first address and prefix length (RFC 4632). */
interface Block {
  readonly base: number;
  readonly prefix: number;
}

/** Undefined for what is not an IPv4 CIDR; a lone address counts as /32. */
export function parseBlock(text: string): Block | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (prefix > 32 || octets.some(octet => octet > 255)) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return {base: Math.floor(address / size) * size, prefix};
}

export function overlap(a: Block, b: Block): boolean {
  return a.base < b.base + 2 ** (32 - b.prefix) && b.base < a.base + 2 ** (32 - a.prefix);
}

/** The /24 blocks of a pool, lowest first. */
export function* blocks24(pool: Block): Generator<string> {
  for (let base = pool.base; base + 256 <= pool.base + 2 ** (32 - pool.prefix); base += 256) yield `${dotted(base)}/24`;
}

/** The `n`th address of a subnet. */
export const addressIn = (subnet: string, n: number): string => dotted(parseBlock(subnet)!.base + n);

/** How many addresses a subnet has. */
export const sizeOf = (subnet: string): number => 2 ** (32 - parseBlock(subnet)!.prefix);

const dotted = (value: number): string => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');
