import { useQuery } from "@tanstack/react-query";
import { TidegateError } from "@tidegate/client";
import { useClient } from "../api/client.ts";
import { spanText } from "../format/durations.ts";
import { countText, rateText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { Facts, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";

const everyMs = 3_000;
/** Whether a line was made meanwhile is looked for less often. */
const noneEveryMs = 30_000;
const kinds = { announced: "plain", open: "info", running: "good", ended: "bad" } as const;

/** The waiting line in front of a gate, where there is one. */
export function LineFacts({ topic }: { topic: string }) {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["line", topic],
    queryFn: async ({ signal }) => {
      try {
        return await client.line(topic).get({ signal });
      } catch (error) {
        if (error instanceof TidegateError && error.code === "LINE_NOT_FOUND") return null;
        throw error;
      }
    },
    refetchInterval: (query) => (query.state.data === null ? noneEveryMs : everyMs),
  });
  return (
    <div>
      <h3>Waiting line</h3>
      <QueryState of={asked}>
        {(line) =>
          line === null ? (
            <p className="none">This gate has none: whoever comes first is served first.</p>
          ) : (
            <Facts
              of={[
                [
                  "State",
                  <Pill key="state" kind={kinds[line.state]}>
                    {line.state}
                  </Pill>,
                ],
                ["Opens", <Time key="opens" at={line.opensAt} />],
                ["Starts", <Time key="starts" at={line.startsAt} />],
                ["Joined", countText(line.joined)],
                ["Called", countText(Math.min(line.serving, line.joined))],
                ["Still waiting", countText(Math.max(0, line.joined - line.serving))],
                ["Moves", line.ratePerSecond === null ? "–" : `${rateText(line.ratePerSecond)} / s`],
                ["An admission lasts", spanText(line.admissionMs)],
                ["Seed", line.seed === null ? "told at the start" : <code key="seed">{line.seed}</code>],
              ]}
            />
          )
        }
      </QueryState>
    </div>
  );
}
