import { AllowList, bareName } from "./allow-list.ts";
import { isPublicAddress, parseAddress } from "./public-address.ts";

/** Names that never mean a host of the public internet (RFC 6761, 6762, 8375, and what clouds use). */
const localNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

const mostRemembered = 1_000;

/** A call that is not made, since it may not. The message is for the owner of the group. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
}

/**
 * Where a push may go: https to addresses of the public internet, and whatever the operator allows. An address is checked
 * when it is connected to (`checkAddress`), so that what a name means cannot change in between.
 */
export class CallRules {
  readonly #allow: AllowList;
  /** Addresses that were found to be callable as far as they tell: the same ones are called again and again. */
  readonly #checked = new Set<string>();

  /** @param allow names, `name:port`, addresses, ranges. @throws INVALID */
  constructor(allow: readonly string[] = []) {
    this.#allow = new AllowList(allow);
  }

  /**
   * Throws CallRefused for an address that may not be called, as far as it tells. `resolves` says whether the addresses of
   * a name will be checked when it is connected to; where they cannot be, names that are known to be local are refused.
   */
  checkUrl(url: URL, resolves: boolean): void {
    const name = `${resolves} ${url.href}`;
    if (this.#checked.has(name)) return;
    this.#check(url, resolves);
    if (this.#checked.size >= mostRemembered) this.#checked.clear();
    this.#checked.add(name);
  }

  #check(url: URL, resolves: boolean): void {
    if (url.protocol !== "https:" && url.protocol !== "http:")
      throw new CallRefused(`${url.protocol} is not called, only https`);
    if (url.username !== "" || url.password !== "")
      throw new CallRefused("an address with a name and password in it is not called");
    const literal = parseAddress(url.hostname);
    if (literal !== null) {
      this.checkAddress(url, url.hostname);
      return;
    }
    if (resolves || this.#allow.hasName(url.hostname, portOf(url))) return;
    if (url.protocol === "http:")
      throw new CallRefused(`http is not called at ${url.host}, which is not allowed`);
    const name = bareName(url.hostname);
    if (!name.includes(".") || localNames.test(name))
      throw new CallRefused(`${name} is a local name, which is not allowed`);
  }

  /** Throws CallRefused when this address must not be connected to for this URL. */
  checkAddress(url: URL, address: string): void {
    const port = portOf(url);
    if (this.#allow.hasName(url.hostname, port)) return;
    const parsed = parseAddress(address);
    if (parsed !== null && this.#allow.hasAddress(parsed, port)) return;
    const where = url.hostname === address ? url.host : `${url.host} (${address})`;
    if (parsed === null || !isPublicAddress(parsed))
      throw new CallRefused(`${where} is not an address of the public internet`);
    if (url.protocol === "http:")
      throw new CallRefused(`http is not called at ${where}, which is not allowed`);
  }
}

/** The port that a URL means. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}
