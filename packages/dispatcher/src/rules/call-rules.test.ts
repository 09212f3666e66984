import { TidegateError } from "@tidegate/contracts";
import { expect, test } from "vitest";
import { AllowList, splitAllowList } from "./allow-list.ts";
import { CallRefused, CallRules } from "./call-rules.ts";

function isCalled(rules: CallRules, url: string, resolves = true): boolean {
  try {
    rules.checkUrl(new URL(url), resolves);
    return true;
  } catch (error) {
    if (error instanceof CallRefused) return false;
    throw error;
  }
}

function mayConnect(rules: CallRules, url: string, address: string): boolean {
  try {
    rules.checkAddress(new URL(url), address);
    return true;
  } catch (error) {
    if (error instanceof CallRefused) return false;
    throw error;
  }
}

const local = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.8",
  "192.168.1.1",
  "198.18.0.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:10.0.0.1",
  "::ffff:7f00:1",
  "::127.0.0.1",
  "64:ff9b::a00:1",
  "64:ff9b::808:808",
  "64:ff9b:1::a00:1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:a00:1::",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fec0::1",
  "ff02::1",
];
const open = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"];

test.each(local)("%s is not connected to, whatever name led there", (address) => {
  const rules = new CallRules();
  expect(mayConnect(rules, "https://example.com/", address)).toBe(false);
  const host = address.includes(":") ? `[${address}]` : address;
  expect(isCalled(rules, `https://${host}/`)).toBe(false);
});

test.each(open)("%s is connected to by https, and by http only where it is allowed", (address) => {
  const rules = new CallRules();
  expect(mayConnect(rules, "https://example.com/", address)).toBe(true);
  expect(mayConnect(rules, "http://example.com/", address)).toBe(false);
  expect(mayConnect(new CallRules(["example.com"]), "http://example.com/", address)).toBe(true);
});

test.each([
  "https://2130706433/",
  "https://0x7f.1/",
  "https://0177.0.0.1/",
  "https://127.1/",
  "https://[::ffff:127.0.0.1]/",
  "https://１２７.0.0.1/",
])("%s is this machine, however it is written", (url) => {
  expect(isCalled(new CallRules(), url)).toBe(false);
  expect(isCalled(new CallRules(["127.0.0.1"]), url)).toBe(true);
});

test.each([
  ["a name", "shop.internal", "http://shop.internal:8080/", "http://other.internal:8080/"],
  ["a name in other letters", "SHOP.internal.", "http://shop.INTERNAL/", "http://shop.internal.example/"],
  ["a name and port", "shop.internal:8080", "http://shop.internal:8080/", "http://shop.internal:8081/"],
  ["an address", "10.1.2.3", "http://10.1.2.3:99/", "http://10.1.2.4:99/"],
  ["an address and port", "10.1.2.3:99", "http://10.1.2.3:99/", "http://10.1.2.3:98/"],
  ["an IPv6 address", "::1", "http://[::1]:5/", "http://[::2]:5/"],
  ["an IPv6 address and port", "[::1]:5", "http://[::1]:5/", "http://[::1]:6/"],
  ["a range", "10.0.0.0/8", "http://10.255.0.1/", "http://11.0.0.1/"],
  ["an IPv6 range", "fd00::/8", "http://[fd00::1]/", "http://[fc00::1]/"],
  [
    "a port that the protocol implies",
    "shop.internal:443",
    "https://shop.internal/",
    "http://shop.internal/",
  ],
])("%s is allowed", (_what, entry, allowed, other) => {
  const rules = new CallRules([entry]);
  expect(isCalled(rules, allowed, false)).toBe(true);
  expect(isCalled(rules, other, false)).toBe(false);
});

test.each([
  "ftp://example.com/",
  "file:///etc/passwd",
  "https://user:secret@example.com/",
  "https://user@example.com/",
])("%s is not called", (url) => {
  expect(isCalled(new CallRules(), url)).toBe(false);
});

test("where names are not resolved here, those that are known to be local are refused", () => {
  const rules = new CallRules();
  for (const name of ["localhost", "redis", "a.localhost", "printer.local", "db.internal", "db.internal."])
    expect([name, isCalled(rules, `https://${name}/`, false)]).toEqual([name, false]);
  expect(isCalled(rules, "https://example.com/", false)).toBe(true);
  expect(isCalled(rules, "http://example.com/", false)).toBe(false);
  expect(isCalled(rules, "https://redis/", true)).toBe(true);
});

test.each([
  "",
  "*",
  "10.0.0.0/33",
  "10.0.0/8/8",
  "a b",
  "host:0",
  "host:65536",
  "http://a",
  "[::1",
  "-a.b",
  "a..b",
])("the entry %j is refused", (entry) => {
  const error = refusalOf(() => new AllowList([entry]));
  expect(error).toMatchObject({ code: "INVALID", details: { field: "allow" } });
});

test("an empty list allows nothing more", () => {
  expect(splitAllowList(" , ,")).toEqual([]);
  expect(splitAllowList("a, 10.0.0.0/8 ,")).toEqual(["a", "10.0.0.0/8"]);
  expect(isCalled(new CallRules([]), "https://127.0.0.1/")).toBe(false);
});

function refusalOf(call: () => unknown): TidegateError {
  try {
    call();
  } catch (error) {
    if (error instanceof TidegateError) return error;
  }
  throw new Error("it was not refused");
}
