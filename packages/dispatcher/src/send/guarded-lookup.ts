import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { CallRefused, type CallRules } from "../rules/call-rules.ts";

/** Resolves a name to all its addresses: `dns.lookup`, unless a test answers. */
export type Resolve = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for the sockets of one origin that gives only addresses which may be connected to. The socket connects to what
 * it is given here, so nothing is resolved a second time between the check and the connection.
 */
export function guardedLookup(url: URL, rules: CallRules, resolve: Resolve = lookup): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      const { allowed, refusal } = sort(url, rules, addresses);
      if (allowed.length === 0)
        return callback((refusal ?? new CallRefused(`${name} has no address`)) as NodeJS.ErrnoException, "");
      if (options.all) return callback(null, allowed);
      return callback(null, allowed[0]!.address, allowed[0]!.family);
    });
  };
}

function sort(url: URL, rules: CallRules, addresses: readonly LookupAddress[]) {
  const allowed: LookupAddress[] = [];
  let refusal: CallRefused | null = null;
  for (const address of addresses) {
    try {
      rules.checkAddress(url, address.address);
      allowed.push(address);
    } catch (error) {
      refusal ??= error as CallRefused;
    }
  }
  return { allowed, refusal };
}
