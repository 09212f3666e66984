import ipaddr from "ipaddr.js";

/** Where addresses of the public IPv6 internet lie today; what is outside is local, reserved or a translation. */
const global6 = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];

/** An address as this package compares it: an IPv4 address that is written in IPv6 is the IPv4 address. Null: none. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!isAddressText(bare)) return null;
  try {
    return ipaddr.process(bare);
  } catch {
    return null;
  }
}

/**
 * Whether an address is one of the public internet: none that is private, of this machine or this link, shared by a
 * carrier, for many, a translation (NAT64, 6to4, Teredo) or reserved.
 */
export function isPublicAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).match(global6);
}

/** Four numbers, or something with colons: names of one number, as the library also reads them, are none here. */
function isAddressText(text: string): boolean {
  return text.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(text);
}
