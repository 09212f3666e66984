import type { GroupDescription } from "@tidegate/contracts";
import { spanText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { concurrencyText, pinText, rateLimitText } from "../parts/limit-text.ts";
import { Facts, Panel } from "../parts/panel.tsx";

/** How a group is set up. */
export function GroupSettings({ group }: { group: GroupDescription }) {
  const { backoff, push, perKey } = group;
  return (
    <div className="columns">
      <Panel title="Group">
        <Facts
          of={[
            ["Begins at", group.start],
            ["Ordering", group.ordering],
            ["Lease", spanText(group.leaseMs)],
            ["Deliveries at most", countText(group.maxDeliveries)],
            [
              "Back-off",
              `${spanText(backoff.initialMs)}, times ${backoff.factor}, at most ${spanText(backoff.maxMs)}`,
            ],
            ["Made", <Time key="made" at={group.createdAt} />],
          ]}
        />
      </Panel>
      <Panel title="Limits">
        <Facts
          of={[
            ["Rate", rateLimitText(group.rate)],
            ["At a time", concurrencyText(group.concurrency)],
            ["Rate of a key", rateLimitText(perKey?.rate ?? null)],
            ["Of a key at a time", concurrencyText(perKey?.concurrency ?? null)],
            ["Key", perKey?.header == null ? "the message's" : `header ${perKey.header}`],
            ["Pin", group.pin === null ? "none" : pinText(group.pin)],
          ]}
        />
      </Panel>
      {push !== null && (
        <Panel title="Push">
          <Facts
            of={[
              [
                "To",
                <span key="to" className="breaks">
                  {push.url}
                </span>,
              ],
              ["Messages a call", countText(push.batchSize)],
              ["Time for an answer", spanText(push.timeoutMs)],
              ["Given up after", spanText(push.maxAgeMs)],
              [
                "Headers",
                Object.keys(push.headers).length === 0 ? "none" : Object.keys(push.headers).join(", "),
              ],
            ]}
          />
        </Panel>
      )}
    </div>
  );
}
