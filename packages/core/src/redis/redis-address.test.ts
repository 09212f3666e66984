import { expect, test } from "vitest";
import { readRedisAddress } from "./redis-address.ts";

const open = { username: null, password: null, tls: false };
const one = { host: "a", port: 6379 };

test.each([
  ["redis://a", { kind: "single", url: "redis://a" }],
  ["rediss://u:p@a:1/3", { kind: "single", url: "rediss://u:p@a:1/3" }],
  ["redis://a,b:2", { kind: "cluster", nodes: [one, { host: "b", port: 2 }], ...open }],
  ["redis+cluster://a", { kind: "cluster", nodes: [one], ...open }],
  [
    "rediss+cluster://u:p%40@[::1]:7,rediss://b:8",
    {
      kind: "cluster",
      nodes: [
        { host: "::1", port: 7 },
        { host: "b", port: 8 },
      ],
      username: "u",
      password: "p@",
      tls: true,
    },
  ],
  [
    "redis+sentinel://a,b:2/tide",
    {
      kind: "sentinel",
      sentinels: [
        { host: "a", port: 26_379 },
        { host: "b", port: 2 },
      ],
      master: "tide",
      database: 0,
      sentinelPassword: null,
      ...open,
    },
  ],
  [
    "rediss+sentinel://:p%2Fw@[::1]:5/tide/7?sentinelPassword=s%26t",
    {
      kind: "sentinel",
      sentinels: [{ host: "::1", port: 5 }],
      master: "tide",
      database: 7,
      sentinelPassword: "s&t",
      username: null,
      password: "p/w",
      tls: true,
    },
  ],
])("%s", (url, address) => {
  expect(readRedisAddress(url)).toEqual(address);
});

test.each([
  ["localhost:6379", "must begin with"],
  ["redis+sentinels://secret@a/m", "must begin with"],
  ["redis://:secret@a:port", "is not a URL"],
  ["redis://a,b/3", "no numbered databases"],
  ["redis+sentinel://:secret@a:26379", "names no master"],
  ["redis+sentinel://:secret@a:26379/", "names no master"],
  ["redis+sentinel:///m", "form"],
  ["redis+sentinel://a,,b/m", "a node without a host"],
  ["redis+sentinel://a/m/two", "no number of a database"],
  ["redis+sentinel://a/m?sentinelUsername=secret", "sentinelPassword, and no other"],
  ["redis+sentinel://:secret@x@a/m", "form"],
])("%s is refused in one line that names no password", (url, text) => {
  const read = () => readRedisAddress(url);
  expect(read).toThrow(text);
  expect(read).not.toThrow("\n");
  expect(read).not.toThrow("secret");
});
