import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../api/client.ts";
import { spanText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { JsonText } from "../messages/json-text.tsx";
import { Field } from "../parts/field.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { Empty, Facts, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";

const everyMs = 2_000;
const kinds = { waiting: "info", processing: "warn", done: "good", failed: "bad" } as const;
const meanings = {
  waiting: "It stands in its partition and was not handed out yet.",
  processing: "It was handed out, or waits for another attempt.",
  done: "Its handler is through with it.",
  failed: "It was given up, and is a dead letter.",
};

/** What has become of one message, by what its publisher was given. */
export function TicketsPage({ ticket }: { ticket: string | null }) {
  const [, go] = useLocation();
  const [typed, setTyped] = useState(ticket ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = typed.trim();
    if (wanted !== "") go(`/tickets/${encodeURIComponent(wanted)}`);
  };
  return (
    <div className="page">
      <h1>Tickets</h1>
      <Panel>
        <form className="browser-form" onSubmit={submit}>
          <Field label="Ticket" grows>
            <input
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              className="mono"
            />
          </Field>
          <button type="submit" className="button primary" disabled={typed.trim() === ""}>
            Look up
          </button>
        </form>
        {ticket === null ? (
          <Empty title="Which message is it about?">
            <p>
              Every publish is answered with a ticket for each message. It tells where the message stands, and
              what its handler made of it.
            </p>
          </Empty>
        ) : (
          <Ticket key={ticket} ticket={ticket} />
        )}
      </Panel>
    </div>
  );
}

function Ticket({ ticket }: { ticket: string }) {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["ticket", ticket],
    queryFn: ({ signal }) => client.ticket(ticket, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.state === "done" || state.data?.state === "failed" ? false : everyMs,
  });
  return (
    <QueryState
      of={asked}
      missing={
        <Empty title="No such ticket">
          <p>This deployment did not give it out, or its topic has been deleted or made anew since.</p>
        </Empty>
      }
    >
      {({ state, position, etaMs, result, dueAt, error }) => (
        <>
          <p className="ticket-state">
            <Pill kind={kinds[state]}>{state}</Pill>{" "}
            {dueAt === undefined ? meanings[state] : "It is not due yet."}
          </p>
          <Facts
            of={[
              ...(position === null ? [] : [["Before it in its partition", countText(position)] as const]),
              ...(etaMs === null ? [] : [["Its turn comes", `in about ${spanText(etaMs)}`] as const]),
              ...(dueAt === undefined ? [] : [["Due", <Time key="due" at={dueAt} />] as const]),
              ...(error === undefined ? [] : [["Why", <Foreign key="why" text={error} whole />] as const]),
            ]}
          />
          {state === "done" && (
            <>
              <h2 className="sub">Result</h2>
              {result === null || result === undefined ? (
                <p className="none">It was acknowledged without one, or the result is no longer kept.</p>
              ) : (
                <pre className="value">
                  <JsonText text={JSON.stringify(result, null, 2)} />
                </pre>
              )}
            </>
          )}
        </>
      )}
    </QueryState>
  );
}
