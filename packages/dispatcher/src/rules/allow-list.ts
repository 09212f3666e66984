import { TidegateError } from "@tidegate/contracts";
import ipaddr from "ipaddr.js";
import { parseAddress } from "./public-address.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface AllowedName {
  readonly name: string;
  /** Null: any. */
  readonly port: number | null;
}

interface AllowedRange {
  readonly range: [Address, number];
  readonly port: number | null;
}

/**
 * What the operator allows beyond https to the public internet: names (whatever they resolve to), addresses and ranges of
 * addresses, each for one port or for all.
 */
export class AllowList {
  readonly #names: readonly AllowedName[];
  readonly #ranges: readonly AllowedRange[];

  /** @throws INVALID with the entry that is none */
  constructor(entries: readonly string[]) {
    const parsed = entries.map(parseEntry);
    this.#names = parsed.filter((entry) => "name" in entry);
    this.#ranges = parsed.filter((entry) => "range" in entry);
  }

  hasName(name: string, port: number): boolean {
    const wanted = bareName(name);
    return this.#names.some((allowed) => allowed.name === wanted && (allowed.port ?? port) === port);
  }

  hasAddress(address: Address, port: number): boolean {
    return this.#ranges.some(
      ({ range, port: allowed }) =>
        (allowed ?? port) === port &&
        range[0].kind() === address.kind() &&
        (address as ipaddr.IPv4).match(range as [ipaddr.IPv4, number]),
    );
  }
}

/** The entries of a comma-separated list, as a variable of the environment has it. */
export function splitAllowList(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** A name as it is compared: small letters, without the dot of the root. */
export function bareName(name: string): string {
  const small = name.toLowerCase();
  return small.endsWith(".") ? small.slice(0, -1) : small;
}

function parseEntry(entry: string): AllowedName | AllowedRange {
  if (entry.includes("/")) return { range: parseRange(entry), port: null };
  const whole = parseAddress(entry);
  if (whole !== null) return { range: single(whole), port: null };
  const parts = /^(?<host>\[[^\]]+\]|[^:[\]]+)(?::(?<port>\d{1,5}))?$/.exec(entry)?.groups;
  const port = parts?.port === undefined ? null : Number(parts.port);
  if (parts === undefined || port === 0 || (port ?? 1) > 65_535) throw refuse(entry);
  const address = parseAddress(parts.host!);
  if (address !== null) return { range: single(address), port };
  const name = bareName(parts.host!);
  if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name))
    throw refuse(entry);
  return { name, port };
}

function parseRange(entry: string): [Address, number] {
  try {
    return ipaddr.parseCIDR(entry);
  } catch {
    throw refuse(entry);
  }
}

function single(address: Address): [Address, number] {
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function refuse(entry: string): TidegateError {
  return new TidegateError(
    "INVALID",
    `${entry} is no host, host:port, address or range of addresses (10.0.0.0/8)`,
    { field: "allow" },
  );
}
