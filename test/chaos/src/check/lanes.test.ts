import { describe, expect, test } from "vitest";
import { check } from "./check.ts";
import { Tale } from "./tale.ts";

function anomalies(tale: Tale): string[] {
  return [...new Set(check(tale.history, tale.final).findings.map(({ anomaly }) => anomaly))];
}

const ids = ["a", "b", "c", "d"];

/** Four messages of a group that is ordered by key: a, b and d of one key, c of another. */
function chain(limits: ConstructorParameters<typeof Tale>[1] = {}): Tale {
  return new Tale("key", limits)
    .append(0, "a", 0, { key: "k" })
    .append(20, "b", 1, { key: "k" })
    .append(40, "c", 2, { key: "l" })
    .append(60, "d", 3, { key: "k" })
    .ends(ids);
}

const all = (tale: Tale) => tale.lease(100, "0.l1", ids, 0);

describe("a settle of everything but a message of an ordered key", () => {
  const failing = () => all(chain()).end(200, "0.l1", { ack: "all", retry: [1] });
  const again = (tale: Tale, from: number, id: string) =>
    tale.lease(300, "0.l2", [id], from, from === 1 ? 2 : 1).settle(350, "0.l2", "all");
  const last = (tale: Tale) => tale.lease(400, "0.l3", ["d"], 3).settle(450, "0.l3", "all");
  test("gives back what stands behind it, which is no finding", () => {
    expect(anomalies(last(again(failing(), 1, "b")))).toEqual([]);
  });
  test("acknowledges what stands in front of it: that it is handed out again is found", () => {
    const tale = last(again(failing(), 1, "b"));
    expect(anomalies(tale.lease(500, "0.l4", ["a"], 0, 2))).toEqual(["ends-twice"]);
  });
  test("acknowledges other keys: that one is handed out again is found", () => {
    const tale = last(again(failing(), 1, "b"));
    expect(anomalies(tale.lease(500, "0.l4", ["c"], 2, 2))).toEqual(["ends-twice"]);
  });
  test("does not end what stands behind it: that it is never handed out again is found", () => {
    expect(anomalies(again(failing(), 1, "b"))).toEqual(["committed-ahead", "ends-nowhere"]);
  });
  test("releases behind what it releases: that it is never handed out again is found", () => {
    const tale = all(chain()).end(200, "0.l1", { ack: "all", release: [1] });
    expect(anomalies(again(tale, 1, "b"))).toContain("ends-nowhere");
  });
  test("holds nothing back behind a dead letter: that something is handed out again is found", () => {
    const tale = all(chain())
      .end(200, "0.l1", { ack: "all", deadLetter: [1] })
      .ends(ids, [1]);
    expect(anomalies(tale)).toEqual([]);
    expect(anomalies(tale.lease(300, "0.l2", ["d"], 3))).toEqual(["ends-twice"]);
  });
  test("that names some fails the others, and gives back behind them", () => {
    const tale = all(chain()).end(200, "0.l1", { ack: [0, 2, 3] });
    expect(anomalies(last(again(tale, 1, "b")))).toEqual([]);
    expect(anomalies(tale.lease(500, "0.l4", ["a"], 0, 2))).toEqual(["ends-twice"]);
  });
});

describe("an extend in an ordered key", () => {
  const keep = (ack: number[], release: number[] = [], answered = true) =>
    all(chain()).end(150, "0.l1", { ack, release, rest: "keep" }, answered);
  test("acknowledges up to the first message that is kept", () => {
    const tale = keep([0, 3]).end(200, "0.l1", { ack: [2], retry: [1, 3] });
    tale.lease(300, "0.l2", ["b"], 1, 2).settle(350, "0.l2", "all");
    tale.lease(400, "0.l3", ["d"], 3).settle(450, "0.l3", "all");
    expect(anomalies(tale)).toEqual([]);
    expect(anomalies(tale.lease(500, "0.l4", ["a"], 0, 2))).toEqual(["ends-twice"]);
  });
  test("gives back: a settle of everything does not end that", () => {
    const tale = keep([], [3]).settle(200, "0.l1", "all");
    expect(anomalies(tale)).toEqual(["committed-ahead", "ends-nowhere"]);
    expect(anomalies(tale.lease(400, "0.l3", ["d"], 3).settle(450, "0.l3", "all"))).toEqual([]);
  });
  test("gives back what stands behind that, too: a settle of everything does not end it", () => {
    const tale = keep([], [1]).settle(200, "0.l1", "all");
    tale.lease(300, "0.l2", ["b"], 1).settle(350, "0.l2", "all");
    expect(anomalies(tale)).toEqual(["committed-ahead", "ends-nowhere"]);
    tale.lease(400, "0.l3", ["d"], 3).settle(450, "0.l3", "all");
    expect(anomalies(tale)).toEqual([]);
    // Of the other key everything was acknowledged.
    expect(anomalies(tale.lease(500, "0.l4", ["c"], 2))).toEqual(["ends-twice"]);
  });
  test("may have given back when nobody answered: then nothing is known", () => {
    const tale = keep([], [3], false).settle(200, "0.l1", "all");
    expect(anomalies(tale)).toEqual([]);
    expect(anomalies(tale.lease(400, "0.l3", ["d"], 3).settle(450, "0.l3", "all"))).toEqual([]);
  });
});

test("an extend gives back, in an ordered partition, what stands behind what it gives back", () => {
  const row = new Tale("partition")
    .append(0, "a", 0)
    .append(20, "b", 1)
    .append(40, "c", 2)
    .ends(["a", "b", "c"]);
  row.lease(100, "0.l1", ["a", "b", "c"], 0).end(150, "0.l1", { ack: [2], release: [1], rest: "keep" });
  row.settle(200, "0.l1", "all");
  row.lease(300, "0.l2", ["b", "c"], 1).settle(350, "0.l2", "all");
  expect(anomalies(row)).toEqual([]);
  expect(anomalies(row.lease(400, "0.l3", ["a"], 0))).toContain("ends-twice");
});

test("a message that was acknowledged with its lease and never delivered is found", () => {
  const tale = all(chain()).settle(200, "0.l1", "all");
  const delivered = tale.events.find((event) => event.type === "delivered") as unknown as {
    messages: unknown[];
  };
  delivered.messages = delivered.messages.slice(0, 3);
  expect(anomalies(tale)).toEqual(["committed-ahead", "ends-nowhere"]);
});

describe("order broken within a key", () => {
  const early = (tale: Tale) =>
    tale.lease(100, "0.l1", ["a"], 0, 1, 150).lease(200, "0.l2", ["b"], 1).settle(250, "0.l2", "all");
  const rest = (tale: Tale) =>
    tale
      .lease(300, "0.l3", ["a"], 0, 2)
      .settle(350, "0.l3", "all")
      .lease(400, "0.l4", ["c", "d"], 2)
      .settle(450, "0.l4", "all");
  test("by a lease given while one before it had not ended is found", () => {
    expect(anomalies(rest(early(chain())))).toEqual(["consume-order"]);
  });
  test("by a lease that leaves one out is found", () => {
    const tale = chain();
    tale.lease(100, "0.l1", ["a"], 0);
    const acquired = tale.events.find((event) => event.type === "acquired") as { segments: unknown };
    const delivered = tale.events.find((event) => event.type === "delivered") as { messages: unknown };
    acquired.segments = [
      [0, 0, 1],
      [3, 3, 1],
    ];
    delivered.messages = [
      [0, "a", 1],
      [3, "d", 1],
    ];
    tale.settle(200, "0.l1", "all").lease(300, "0.l2", ["b", "c"], 1).settle(350, "0.l2", "all");
    expect(anomalies(tale)).toEqual(["consume-order"]);
  });
  test("is none between keys", () => {
    const tale = chain()
      .lease(100, "0.l1", ["a", "b"], 0, 1, 150)
      .lease(200, "0.l2", ["c"], 2)
      .settle(250, "0.l2", "all");
    tale
      .lease(300, "0.l3", ["a", "b"], 0, 2)
      .settle(350, "0.l3", "all")
      .lease(400, "0.l4", ["d"], 3)
      .settle(450, "0.l4", "all");
    expect(anomalies(tale)).toEqual([]);
  });
  test("is none behind a dead letter", () => {
    const tale = chain().ends(ids, [0]);
    tale.lease(100, "0.l1", ["a"], 0, 1, 150).lease(200, "0.l2", ids.slice(1), 1).settle(250, "0.l2", "all");
    expect(anomalies(tale)).toEqual([]);
  });
  test("is held against nobody where a rollback may have lost how it ended, or where it stood", () => {
    expect(anomalies(rest(early(chain().rollback(180, 190, 100))))).toEqual([]);
    expect(anomalies(rest(early(chain().rollback(270, 280, 260))))).toEqual([]);
  });
  test("is found in what was appended and ended between rollbacks", () => {
    const tale = rest(early(chain().rollback(-20, -10, -50).rollback(500, 510, 490)));
    expect(anomalies(tale)).toEqual(["consume-order"]);
  });
  test("by a handler that is called with a later one first is found", () => {
    const tale = all(chain()).settle(200, "0.l1", "all");
    tale.handle(110, "0.l1", 2, "c").handle(120, "0.l1", 0, "a").handle(130, "0.l1", 3, "d");
    expect(anomalies(tale)).toEqual([]);
    expect(anomalies(tale.handle(140, "0.l1", 1, "b"))).toEqual(["consume-order"]);
  });
  test("is none for a handler whose lease is of the time before a rollback", () => {
    const tale = all(chain().rollback(115, 118, 90))
      .lease(300, "0.l2", ids, 0, 2)
      .settle(350, "0.l2", "all");
    expect(anomalies(tale.handle(120, "0.l1", 3, "d").handle(130, "0.l1", 1, "b"))).toEqual([]);
  });
  test("is none for a handler that wakes up when somebody else has ended its message", () => {
    const tale = chain().lease(100, "0.l1", ["a", "b"], 0, 1, 150);
    tale.lease(200, "0.l2", ids, 0, 2).end(210, "0.l2", { ack: [0], rest: "keep" });
    tale.handle(220, "0.l2", 1, "b", 2).handle(230, "0.l1", 0, "a").settle(300, "0.l2", "all");
    expect(anomalies(tale)).toEqual([]);
  });
});

describe("two holders of a key at once", () => {
  const twoPartitions = () => {
    const tale = chain().append(80, "e", 0, { key: "k", partition: 1 });
    tale.topic.partitions = [
      ...tale.topic.partitions,
      { partition: 1, start: 0, end: 1, delayed: 0, messages: [[0, "e"]] },
    ];
    const group = tale.topic.groups[0]!;
    group.cursors = [
      ...group.cursors,
      { ...group.cursors[0]!, partition: 1, next: 1, committed: 1, end: 1, acked: 1 },
    ];
    return all(tale);
  };
  test("are found, in whatever partitions", () => {
    const tale = twoPartitions()
      .lease(150, "1.l2", ["e"], 0)
      .settle(200, "0.l1", "all")
      .settle(210, "1.l2", "all");
    expect(anomalies(tale)).toEqual(["two-holders"]);
  });
  test("are none one after the other", () => {
    const tale = twoPartitions()
      .settle(140, "0.l1", "all")
      .lease(150, "1.l2", ["e"], 0)
      .settle(210, "1.l2", "all");
    expect(anomalies(tale)).toEqual([]);
  });
  test("are none when the first may have been lost", () => {
    const tale = twoPartitions()
      .rollback(120, 130, 90)
      .lease(150, "1.l2", ["e"], 0)
      .settle(200, "0.l1", "all")
      .settle(210, "1.l2", "all");
    expect(anomalies(tale)).toEqual([]);
  });
});

test("attempts of an ordered key beyond the limit are found", () => {
  const tale = chain();
  for (const attempt of [1, 2, 3, 4])
    tale.lease(attempt * 100, `0.l${attempt}`, ids, 0, attempt, attempt * 100 + 50);
  expect(anomalies(tale.settle(430, "0.l4", "all"))).toEqual(["attempts"]);
});

describe("more messages in flight than the limit", () => {
  const whole = (limits: ConstructorParameters<typeof Tale>[1]) =>
    all(chain(limits)).settle(200, "0.l1", "all");
  test("of a key are found", () => {
    expect(anomalies(whole({ perKey: { concurrency: 2, rate: null } }))).toEqual(["over-limit"]);
    expect(anomalies(whole({ perKey: { concurrency: 3, rate: null } }))).toEqual([]);
  });
  test("of the group are found", () => {
    expect(anomalies(whole({ concurrency: 3 }))).toEqual(["over-limit"]);
    expect(anomalies(whole({ concurrency: 4 }))).toEqual([]);
  });
  test("are none when leases have ended, have run out, or may have been lost", () => {
    const one = (end: (tale: Tale) => Tale, deadline?: number) =>
      end(chain({ concurrency: 3 }).lease(100, "0.l1", ["a", "b"], 0, 1, deadline))
        .lease(200, "0.l2", ["c", "d"], 2)
        .settle(300, "0.l2", "all");
    expect(anomalies(one((tale) => tale, 5000))).toContain("over-limit");
    expect(anomalies(one((tale) => tale.settle(150, "0.l1", "all")))).toEqual([]);
    expect(anomalies(one((tale) => tale, 205))).not.toContain("over-limit");
    expect(anomalies(one((tale) => tale.rollback(150, 160, 90), 5000))).not.toContain("over-limit");
  });
});

describe("a key that is handed out faster than its rate", () => {
  const rate = { limit: 1, intervalMs: 100, burst: 2 };
  const each = (everyMs: number, between: (tale: Tale) => Tale = (tale) => tale) => {
    const tale = chain({ perKey: { concurrency: null, rate } });
    const [first, second, third] = [100, 100 + everyMs, 100 + 2 * everyMs];
    tale.lease(first, "0.l1", ["a"], 0).settle(first + 15, "0.l1", "all");
    between(tale.lease(second, "0.l2", ["b", "c"], 1)).settle(second + 15, "0.l2", "all");
    return tale.lease(third, "0.l3", ["d"], 3).settle(third + 15, "0.l3", "all");
  };
  test("is found", () => {
    expect(anomalies(each(30))).toEqual(["over-limit"]);
    expect(anomalies(each(50))).toEqual([]);
  });
  test("is none where a message was given back", () => {
    const tale = chain({ perKey: { concurrency: null, rate } });
    tale.lease(100, "0.l1", ["a"], 0).end(115, "0.l1", { ack: "all", release: [0] });
    tale.lease(130, "0.l2", ["a"], 0).settle(145, "0.l2", "all");
    tale.lease(160, "0.l3", ["b"], 1).settle(175, "0.l3", "all");
    tale.lease(400, "0.l4", ["c", "d"], 2).settle(450, "0.l4", "all");
    expect(anomalies(tale)).toEqual([]);
  });
  test("is none across a rollback, which may have lost how often", () => {
    expect(anomalies(each(30, (tale) => tale.rollback(141, 142, 100)))).toEqual([]);
  });
});

describe("a dead letter that was buried twice", () => {
  const twice = () => {
    const tale = all(chain())
      .end(200, "0.l1", { ack: "all", deadLetter: [1] })
      .ends(ids, [1]);
    tale.topic.groups[0]!.deadLetters = [
      { partition: 0, offset: 1 },
      { partition: 0, offset: 1 },
    ];
    return tale;
  };
  test("is found", () => {
    expect(anomalies(twice())).toEqual(["ends-twice", "conservation"]);
  });
  test("is none where a rollback may have taken what the lanes knew of the first", () => {
    expect(anomalies(twice().rollback(250, 260, 190))).toEqual([]);
  });
  test("is found in what was appended since a rollback", () => {
    expect(anomalies(twice().rollback(-20, -10, -50))).toEqual(["ends-twice", "conservation"]);
  });
  test("but is counted as more than there are is found", () => {
    const tale = twice().rollback(250, 260, 190);
    const group = tale.topic.groups[0]!;
    group.cursors = group.cursors.map((cursor) => ({ ...cursor, acked: 1, deadLettered: 3 }));
    expect(anomalies(tale)).toEqual(["conservation"]);
  });
});
