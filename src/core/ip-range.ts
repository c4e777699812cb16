/** Address blocks as `base/prefix` text, and whether an address lies in one. Addresses are arrays of bits' numbers; nothing here resolves names. */

/** 4 numbers of 8 bits, or 8 numbers of 16 bits. */
export type Address = readonly number[];

export interface Block {
  readonly cidr: string;
  readonly what: string;
}

const V4_PARTS = 4;
const V6_PARTS = 8;

/** An IPv4 address in the plain dotted form to which the URL parser brings every other spelling. */
export function parseV4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== V4_PARTS || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

/** An IPv6 address without brackets, in the hexadecimal form of the URL parser (it never leaves dotted parts). */
export function parseV6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = V6_PARTS - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : undefined;
}

/** The first block that holds the address. */
export function blockOf<B extends Block>(address: Address, blocks: readonly B[]): B | undefined {
  return blocks.find((block) => contains(block.cidr, address));
}

function contains(cidr: string, address: Address): boolean {
  const [base = "", prefix = ""] = cidr.split("/");
  const start = base.includes(":") ? parseV6(base) : parseV4(base);
  if (start === undefined || start.length !== address.length) return false;
  const width = address.length === V4_PARTS ? 8 : 16;
  return start.every((part, index) => {
    const bits = Math.min(width, Math.max(0, Number(prefix) - index * width));
    const mask = (0xffff << (width - bits)) & (2 ** width - 1);
    return (part & mask) === ((address[index] ?? 0) & mask);
  });
}
