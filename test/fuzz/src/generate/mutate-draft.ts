import type { Chance } from "../chance.ts";
import type { Draft } from "./draft.ts";
import { mutateJson } from "./mutate-json.ts";
import { oddTexts, oddValue } from "./odd-values.ts";

const methods = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "PURGE"];
const contentTypes = [
  ...[
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    " application/json;",
    "text/plain",
  ],
  ...[
    "application/octet-stream",
    "text/html; charset=iso-8859-1",
    "text/plain; charset=utf-16",
    "*/*",
    "json",
  ],
  ...[
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/vnd.a+json",
    "",
    ";;;",
  ],
  ...["application/problem+json", "text/plain; charset=", "x".repeat(3000), "application/json, text/plain"],
];
const oddHeaders: readonly (readonly [string, string])[] = [
  ...(["gzip", "identity", "br", "x"] as const).map((value) => ["Content-Encoding", value] as const),
  ...["a", "x".repeat(200), "é".normalize(), "a b"].map((value) => ["X-Request-Id", value] as const),
  ...["text/html", "*/*;q=0", ""].map((value) => ["Accept", value] as const),
  ...["http://localhost", "null", "https://shop.example"].map((value) => ["Origin", value] as const),
  ...["100-continue"].map((value) => ["Expect", value] as const),
  ...["bytes=0-1", "x"].map((value) => ["Range", value] as const),
  ...["*", '"x"'].map((value) => ["If-None-Match", value] as const),
  ["X-HTTP-Method-Override", "DELETE"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["Cookie", "a=b"],
  ["X-Long", "y".repeat(8000)],
];
const rawFields = ["Tidegate-Key", "Tidegate-Delay-Ms", "Idempotency-Key"];
const rawValues = [
  ...["", " ", "k", "k1", "0", "5", "-1", "1e3", "1.5", "31536000000", "31536000001", "99999999999999999999"],
  ...["\xe9", "\xff\xfe", "a\tb", "x".repeat(257), "x".repeat(1025), "null", "0x10", "5, 5", "é"],
];

type Mutation = (draft: Draft, chance: Chance) => void;

/** Changes one thing of a draft that can still be written as a proper HTTP request. */
export const mutateDraft: Mutation = (draft, chance) => chance.pick(mutations)(draft, chance);

const mutateBody: Mutation = (draft, chance) => {
  if (draft.body === undefined) {
    draft.body = oddValue(chance);
    return;
  }
  draft.body = Buffer.isBuffer(draft.body) ? chance.bytes(chance.int(0, 50)) : mutateJson(draft.body, chance);
};

const mutatePath: Mutation = (draft, chance) => {
  if (draft.path.length === 0) draft.path.push("v1");
  const index = chance.int(0, draft.path.length - 1);
  const part = draft.path[index]!;
  switch (chance.int(0, 4)) {
    case 0:
      draft.path.splice(index, 1);
      break;
    case 1:
      draft.path.splice(index, 0, chance.pick(oddTexts));
      break;
    case 2:
      draft.path[index] = chance.pick([
        `${part} `,
        part.toUpperCase(),
        `${part}.dlq`,
        `${part}\0`,
        `.${part}`,
      ]);
      break;
    default:
      draft.path[index] = chance.pick(oddTexts);
  }
};

const mutateQuery: Mutation = (draft, chance) => {
  const name = chance.pick(["from", "limit", "partition", "a", ...draft.query.map(([known]) => known)]);
  const value = chance.pick([
    ...oddTexts,
    "0",
    "1",
    "1000",
    "1001",
    "9007199254740992",
    "time:0",
    "time:now",
    "-1",
  ]);
  if (draft.query.length > 0 && chance.oneIn(2))
    draft.query[chance.int(0, draft.query.length - 1)] = [name, value];
  else draft.query.push([name, value]);
};

const mutateContentType: Mutation = (draft, chance) => {
  draft.headers = draft.headers.filter(([name]) => name !== "Content-Type");
  if (!chance.oneIn(5)) draft.headers.push(["Content-Type", chance.pick(contentTypes)]);
};

const mutateToken: Mutation = (draft, chance) => {
  draft.headers = draft.headers.filter(([name]) => name !== "Authorization");
  const odd = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Basic YTpi",
    "bearer fuzz-admin",
    "Bearer  fuzz-admin",
    "x",
  ];
  if (!chance.oneIn(3)) draft.headers.push(["Authorization", chance.pick([...odd, "Bearer fuzz-narrow"])]);
};

const addRawField: Mutation = (draft, chance) => {
  draft.headers.push([chance.pick(rawFields), chance.pick(rawValues)]);
};

const addOddHeader: Mutation = (draft, chance) => {
  const [name, value] = chance.pick(oddHeaders);
  draft.headers.push([name, value]);
};

const doubleHeader: Mutation = (draft, chance) => {
  const [name, value] = chance.pick(draft.headers);
  draft.headers.push([chance.pick([name, name.toUpperCase(), name.toLowerCase()]), value]);
};

const mutateMethod: Mutation = (draft, chance) => {
  draft.method = chance.pick(methods);
};

/** What is listed twice happens twice as often. */
const mutations: readonly Mutation[] = [
  ...[mutateBody, mutateBody, mutateBody, mutateBody, mutateBody, mutateBody],
  ...[mutatePath, mutatePath, mutateQuery, mutateContentType, mutateContentType, mutateToken],
  ...[addRawField, addRawField, addOddHeader, doubleHeader, mutateMethod],
];
