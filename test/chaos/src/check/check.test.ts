import { describe, expect, test } from "vitest";
import { check } from "./check.ts";
import { goodTale, Tale } from "./tale.ts";

function anomalies(tale: Tale): string[] {
  return [...new Set(check(tale.history, tale.final).findings.map(({ anomaly }) => anomaly))];
}

test.each(["none", "partition", "key"] as const)(
  "a good history of a group with ordering %s has no findings",
  (ordering) => {
    expect(check(goodTale(ordering).history, goodTale(ordering).final)).toEqual({
      findings: [],
      allowedLosses: {},
    });
  },
);

describe("acknowledged writes lost", () => {
  const lost = (acks: "leader" | "replicas" = "leader") => goodTale().append(300, "d", 3, { acks });
  test("are found", () => {
    expect(anomalies(lost())).toEqual(["lost-write"]);
  });
  test("are counted apart where a rollback lets them go", () => {
    const tale = lost().rollback(320, 400, 250);
    expect(check(tale.history, tale.final)).toEqual({ findings: [], allowedLosses: { leader: 1 } });
  });
  test("are found where they were answered before what the rollback lets go", () => {
    expect(anomalies(lost().rollback(400, 500, 350))).toEqual(["lost-write"]);
  });
  test("are found where their level of acks is spared by the rollback", () => {
    expect(anomalies(lost("replicas").rollback(320, 400, 250, ["replicas"]))).toEqual(["lost-write"]);
  });
  test("are none when nobody was told", () => {
    const tale = goodTale();
    const call = tale.call();
    tale.add(300, { type: "produce", call, topic: "t", acks: "leader", messages: [{ id: "d" }] });
    tale.add(310, { type: "produced", call, error: "REDIS_UNAVAILABLE" });
    expect(anomalies(tale)).toEqual([]);
  });
});

test("an offset with two values is found", () => {
  expect(anomalies(goodTale().append(60, "d", 2))).toContain("two-values");
});

test("an offset that was delivered with another value than it was answered for is found", () => {
  const tale = new Tale()
    .append(0, "a", 0)
    .append(20, "b", 1)
    .lease(100, "0.l1", ["b", "a"], 0)
    .settle(200, "0.l1", "all");
  expect(anomalies(tale.ends(["a", "b"]))).toContain("two-values");
});

test("an offset has another value after a rollback, and that is none", () => {
  const tale = new Tale()
    .append(0, "a", 0)
    .append(100, "x", 1)
    .rollback(150, 200, 50)
    .append(300, "b", 1)
    .lease(400, "0.l1", ["a", "b"], 0)
    .settle(500, "0.l1", "all")
    .ends(["a", "b"]);
  expect(check(tale.history, tale.final)).toEqual({ findings: [], allowedLosses: { leader: 1 } });
});

test("a value at two offsets, though idempotent, is found", () => {
  const tale = new Tale()
    .append(0, "a", 0, { idempotencyKey: "k" })
    .append(20, "a", 1, { idempotencyKey: "k" })
    .lease(100, "0.l1", ["a", "a"], 0)
    .settle(200, "0.l1", "all");
  expect(anomalies(tale.ends(["a", "a"]))).toEqual(["repeated-value"]);
});

test("a message that nobody sent is found", () => {
  expect(anomalies(new Tale().lease(100, "0.l1", ["z"], 0).settle(200, "0.l1", "all").ends(["z"]))).toEqual([
    "invented",
  ]);
});

test("a gap in the log is found", () => {
  const tale = goodTale();
  tale.topic.partitions = [
    {
      ...tale.topic.partitions[0]!,
      end: 4,
      messages: [
        [0, "a"],
        [1, "b"],
        [3, "c"],
      ],
    },
  ];
  expect(anomalies(tale)).toContain("gap");
});

test("a lease that is handed out with a gap is found", () => {
  const tale = new Tale()
    .append(0, "a", 0)
    .append(20, "b", 1)
    .append(40, "c", 2)
    .lease(100, "0.l1", ["a", "b", "c"], 0);
  const delivered = tale.events.find((event) => event.type === "delivered") as { messages: unknown };
  delivered.messages = [
    [0, "a", 1],
    [2, "c", 1],
  ];
  expect(anomalies(tale.settle(200, "0.l1", "all").ends(["a", "b", "c"]))).toEqual([
    "gap",
    "committed-ahead",
    "ends-nowhere",
  ]);
});

test("an append that stands before one that was answered earlier is found", () => {
  const tale = new Tale()
    .append(0, "a", 1)
    .append(20, "b", 0)
    .lease(100, "0.l1", ["b", "a"], 0)
    .settle(200, "0.l1", "all");
  expect(anomalies(tale.ends(["b", "a"]))).toEqual(["append-order"]);
});

test("a stream of one producer out of order is found", () => {
  const tale = new Tale();
  // Both under way at once, so nothing but the stream says which is first.
  const [one, other] = [tale.call(), tale.call()];
  const produce = (call: string, id: string, n: number) =>
    tale.add(n, {
      type: "produce",
      call,
      topic: "t",
      acks: "leader",
      messages: [{ id, stream: "s", n, key: "k" }],
    });
  produce(one, "a", 1);
  produce(other, "b", 2);
  const answer = (call: string, offset: number) =>
    tale.add(50, {
      type: "produced",
      call,
      topicId: "T",
      outcomes: [{ partition: 0, offset, duplicate: false }],
    });
  answer(one, 1);
  answer(other, 0);
  tale.lease(100, "0.l1", ["b", "a"], 0).settle(200, "0.l1", "all").ends(["b", "a"]);
  expect(anomalies(tale)).toEqual(["stream-order"]);
  const call = tale.call();
  tale.add(5, { type: "break", call, what: "grow", topic: "t", group: null });
  tale.add(20, { type: "done", call });
  expect(anomalies(tale)).toEqual([]);
});

describe("order broken within a partition", () => {
  test("a lease given while one before it had not ended is found", () => {
    const tale = new Tale("partition").append(0, "a", 0).append(20, "b", 1);
    tale.lease(100, "0.l1", ["a"], 0, 1, 150).lease(200, "0.l2", ["b"], 1).settle(250, "0.l2", "all");
    tale.lease(300, "0.l3", ["a"], 0, 2).settle(350, "0.l3", "all");
    expect(anomalies(tale.ends(["a", "b"]))).toEqual(["consume-order"]);
  });
  test("a message that is handled behind a later one is found", () => {
    const tale = goodTale("partition");
    tale.handle(120, "0.l1", 0, "a").handle(130, "0.l1", 2, "c").handle(140, "0.l1", 1, "b");
    expect(anomalies(tale)).toEqual(["consume-order"]);
  });
});

test("a committed offset beyond an unacknowledged one is found", () => {
  const tale = goodTale();
  tale.add(150, { type: "sampled", topic: "t", group: "g", partitions: [{ partition: 0, committed: 2 }] });
  expect(anomalies(tale)).toEqual(["committed-ahead"]);
});

describe("two holders at once", () => {
  test("of an ordered partition are found", () => {
    const tale = new Tale("partition").append(0, "a", 0).append(20, "b", 1);
    tale
      .lease(100, "0.l1", ["a"], 0)
      .lease(200, "0.l2", ["b"], 1)
      .settle(300, "0.l1", "all")
      .settle(310, "0.l2", "all");
    expect(anomalies(tale.ends(["a", "b"]))).toContain("two-holders");
  });
  test("of one message are found", () => {
    const tale = new Tale().append(0, "a", 0).lease(100, "0.l1", ["a"], 0).lease(200, "0.l2", ["a"], 0, 2);
    expect(anomalies(tale.settle(300, "0.l1", "all").ends(["a"]))).toEqual(["two-holders"]);
  });
  test("are none when the first one's deadline has passed", () => {
    const tale = new Tale()
      .append(0, "a", 0)
      .lease(100, "0.l1", ["a"], 0, 1, 150)
      .lease(200, "0.l2", ["a"], 0, 2);
    expect(anomalies(tale.settle(300, "0.l2", "all").ends(["a"]))).toEqual([]);
  });
  test("are found after an extension that was answered", () => {
    const tale = new Tale().append(0, "a", 0).lease(100, "0.l1", ["a"], 0, 1, 150);
    const call = tale.call();
    const outcome = { ack: [], retry: [], release: [], deadLetter: [], rest: "keep" } as const;
    tale.add(120, { type: "settle", call, topic: "t", group: "g", lease: "0.l1", outcome });
    tale.add(130, { type: "settled", call, deadline: 900 });
    tale.lease(200, "0.l2", ["a"], 0, 2).settle(300, "0.l2", "all");
    expect(anomalies(tale.ends(["a"]))).toEqual(["two-holders"]);
  });
});

test("attempts beyond the limit are found", () => {
  const tale = new Tale().append(0, "a", 0);
  for (const attempt of [1, 2, 3, 4])
    tale.lease(attempt * 100, `0.l${attempt}`, ["a"], 0, attempt, attempt * 100 + 50);
  expect(anomalies(tale.settle(430, "0.l4", "all").ends(["a"]))).toEqual(["attempts"]);
});

test("an attempt that counts back is found", () => {
  const tale = new Tale()
    .append(0, "a", 0)
    .lease(100, "0.l1", ["a"], 0, 2, 150)
    .lease(200, "0.l2", ["a"], 0, 1);
  expect(anomalies(tale.settle(300, "0.l2", "all").ends(["a"]))).toEqual(["attempts"]);
});

describe("a message that ends", () => {
  test("in no state is found", () => {
    const tale = new Tale()
      .append(0, "a", 0)
      .append(20, "b", 1)
      .lease(100, "0.l1", ["a", "b"], 0)
      .settle(200, "0.l1", [0]);
    expect(anomalies(tale.ends(["a", "b"]))).toContain("ends-nowhere");
  });
  test("in two states is found", () => {
    expect(anomalies(goodTale().ends(["a", "b", "c"], [1]))).toEqual(["ends-twice"]);
  });
  test("and is handed out again is found", () => {
    expect(anomalies(goodTale().lease(300, "0.l2", ["b"], 1, 2).settle(400, "0.l2", "all"))).toEqual([
      "ends-twice",
    ]);
  });
  test("but is not counted is found", () => {
    const tale = goodTale();
    const group = tale.topic.groups[0]!;
    group.cursors = group.cursors.map((cursor) => ({ ...cursor, acked: 2 }));
    expect(anomalies(tale)).toEqual(["conservation"]);
  });
  test("otherwise than the audit says is found", () => {
    const tale = goodTale();
    tale.topic.audit = ["partition 0: offset 3 stands twice in the log"];
    expect(anomalies(tale)).toEqual(["audit"]);
  });
  test("never is found", () => {
    const tale = goodTale();
    const group = tale.topic.groups[0]!;
    group.cursors = group.cursors.map((cursor) => ({ ...cursor, committed: 1, acked: 2, retrying: 1 }));
    expect(anomalies(tale)).toEqual(["stuck"]);
  });
});

test.each([
  ["by its delay", { delayMs: 150 }],
  ["by its time", { deliverAt: 115 }],
])("a delayed message that is early %s is found", (_, when) => {
  const tale = new Tale()
    .append(0, "a", 0, when)
    .lease(100, "0.l1", ["a"], 0)
    .settle(200, "0.l1", "all")
    .ends(["a"]);
  expect(anomalies(tale)).toEqual(["early"]);
});

describe("a gate over its number", () => {
  const behindGate = (limits: { stock: number | null; perKey: number | null; capacity: number | null }) => {
    const tale = new Tale();
    const call = tale.call();
    tale.add(-20, { type: "gate", call, topic: "t", id: "g1", ...limits });
    tale.add(-10, { type: "done", call });
    return tale;
  };
  const three = (tale: Tale) =>
    tale
      .append(0, "a", 0, { key: "k" })
      .append(20, "b", 1, { key: "k" })
      .append(40, "c", 2, { key: "k" })
      .lease(100, "0.l1", ["a", "b", "c"], 0)
      .settle(200, "0.l1", "all")
      .ends(["a", "b", "c"]);
  test("of its stock is found", () => {
    expect(anomalies(three(behindGate({ stock: 2, perKey: null, capacity: null })))).toEqual(["gate"]);
    expect(anomalies(three(behindGate({ stock: 3, perKey: null, capacity: null })))).toEqual([]);
  });
  test("of a key's limit is found", () => {
    expect(anomalies(three(behindGate({ stock: null, perKey: 2, capacity: null })))).toEqual(["gate"]);
  });
  test("of its capacity is found", () => {
    const tale = three(behindGate({ stock: null, perKey: null, capacity: 2 }));
    tale.add(90, { type: "backlog", topic: "t", messages: 3 });
    expect(anomalies(tale)).toEqual(["gate"]);
  });
  test("between two changes of it is found", () => {
    const tale = behindGate({ stock: 2, perKey: null, capacity: null });
    const call = tale.call();
    tale.add(70, { type: "gate", call, topic: "t", id: "g2", stock: 2, perKey: null, capacity: null });
    tale.add(80, { type: "done", call });
    expect(anomalies(three(tale))).toEqual(["gate"]);
  });
});

test("a message that was appended again because its topic was made anew has two offsets, and that is none", () => {
  const again = (deleted: boolean) => {
    const tale = new Tale();
    const call = tale.call();
    tale.add(0, { type: "produce", call, topic: "t", acks: "leader", messages: [{ id: "a" }] });
    tale.lease(20, "0.l0", ["x", "a"], 0, 1, 45);
    if (deleted) {
      const call = tale.call();
      tale.add(50, { type: "break", call, what: "delete", topic: "t", group: null });
      tale.add(60, { type: "done", call });
    }
    const outcomes = [{ partition: 0, offset: 0, duplicate: false }];
    tale.add(70, { type: "produced", call, topicId: "T", outcomes });
    tale.append(80, "b", 1).lease(100, "0.l1", ["a", "b"], 0, 2).settle(200, "0.l1", "all");
    return tale.ends(["a", "b"]);
  };
  expect(anomalies(again(true))).toEqual([]);
  expect(anomalies(again(false))).toContain("two-values");
});

describe("a message of a topic that was deleted", () => {
  const recreated = () => {
    const tale = new Tale();
    const old = tale.call();
    tale.add(-90, { type: "produce", call: old, topic: "t", acks: "leader", messages: [{ id: "old" }] });
    const outcomes = [{ partition: 0, offset: 0, duplicate: false }];
    tale.add(-80, { type: "produced", call: old, topicId: "OLD", outcomes });
    const call = tale.call();
    tale.add(-50, { type: "break", call, what: "delete", topic: "t", group: null });
    tale.add(-40, { type: "done", call });
    return tale;
  };
  test("in the log of the new one is found", () => {
    const tale = recreated().lease(100, "0.l1", ["old"], 0).settle(200, "0.l1", "all").ends(["old"]);
    expect(anomalies(tale)).toEqual(["ghost"]);
  });
  test("and is handed out is found", () => {
    const tale = recreated()
      .append(0, "a", 0)
      .lease(50, "0.l0", ["old"], 0, 1, 90)
      .lease(100, "0.l1", ["a"], 0, 2);
    expect(anomalies(tale.settle(200, "0.l1", "all").ends(["a"]))).toEqual(["ghost"]);
  });
});
