import { useQuery } from "@tanstack/react-query";
import type { Topic } from "@tidegate/contracts";
import { Link } from "wouter";
import { useClient } from "../api/client.ts";
import { Empty, Panel } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { GateFacts } from "./gate-facts.tsx";
import { LineFacts } from "./line-facts.tsx";

/** A look at all partitions of its topic. */
const everyMs = 5_000;
const listEveryMs = 15_000;

/** The gates in front of topics, and the lines in front of gates. */
export function GatesPage() {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["topics"],
    queryFn: ({ signal }) => client.topics.list({ signal }),
    refetchInterval: listEveryMs,
  });
  return (
    <div className="page">
      <h1>Gates</h1>
      <QueryState of={asked}>
        {(topics) => {
          const gated = topics.filter(({ gate }) => gate !== null);
          if (gated.length > 0) return gated.map((topic) => <Gate key={topic.name} topic={topic} />);
          return (
            <Panel>
              <Empty title="No topic has a gate">
                <p>
                  A gate admits so many and no more: <code>tidegate gate set orders --stock 500</code>, or the
                  field <code>gate</code> of <code>PUT /v1/topics/orders</code>.
                </p>
              </Empty>
            </Panel>
          );
        }}
      </QueryState>
    </div>
  );
}

function Gate({ topic }: { topic: Topic }) {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["topic", topic.name],
    queryFn: ({ signal }) => client.topics.get(topic.name, { signal }),
    refetchInterval: everyMs,
  });
  return (
    <Panel title={<Link href={`/topics/${encodeURIComponent(topic.name)}`}>{topic.name}</Link>}>
      <QueryState of={asked} missing={<Empty title="The topic was deleted" />}>
        {({ gate, gateState }) =>
          gate === null ? (
            <Empty title="The gate was taken away" />
          ) : (
            <div className="columns bare">
              <div>
                <GateFacts gate={gate} state={gateState} />
              </div>
              <LineFacts topic={topic.name} />
            </div>
          )
        }
      </QueryState>
    </Panel>
  );
}
