import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Flow, FlowChange, FlowKey } from "@tidegate/contracts";
import { useState } from "react";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { concurrencyText, pinText, rateLimitText } from "../parts/limit-text.ts";
import { Empty, Facts, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { KeyForm } from "./key-form.tsx";
import { PinDialog } from "./pin-dialog.tsx";

const everyMs = 3_000;
/** What is pinned: a key, or the group as a whole. */
export type Pinned = { readonly key: FlowKey } | "group";

/** How fast a group's messages are handed out: limits, and the keys that are busy, paused or pinned. */
export function FlowPanel({ topic, group }: { topic: string; group: string }) {
  const client = useClient();
  const [pinning, setPinning] = useState<Pinned | null>(null);
  const asked = useQuery({
    queryKey: ["flow", topic, group],
    queryFn: ({ signal }) => client.groups.flow(topic, group, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
  const change = useAction(
    (wanted: FlowChange) => client.groups.changeFlow(topic, group, wanted),
    "It holds from now on",
  );
  const act = (wanted: FlowChange) => void change.run(wanted);
  return (
    <QueryState of={asked}>
      {(flow) => (
        <>
          <div className="columns">
            <Panel
              title="What holds"
              aside={
                <>
                  <ActionButton kind="small" onAct={() => setPinning("group")}>
                    Pin …
                  </ActionButton>
                  {flow.pin !== null && (
                    <ActionButton kind="small" onAct={() => act({ pin: null })} busy={change.busy}>
                      Unpin
                    </ActionButton>
                  )}
                </>
              }
            >
              <Limits flow={flow} />
            </Panel>
            <Panel title="What waits in lanes">
              <Window flow={flow} />
            </Panel>
          </div>
          <Panel title="Keys" aside={<span className="unit">paused and pinned ones, then the busiest</span>}>
            <KeyForm busy={change.busy} onPause={(key) => change.run({ keys: [{ key, paused: true }] })} />
            {flow.keys.length === 0 ? (
              <Empty title="No key is busy, paused or pinned">
                <p>Keys appear here when messages of theirs wait. A key can be paused before it does.</p>
              </Empty>
            ) : (
              <DataTable
                label="Keys"
                columns={columnsFor(act, change.busy, (key) => setPinning({ key }))}
                rows={flow.keys}
                keyOf={nameOf}
                rowHeight={44}
              />
            )}
          </Panel>
          {pinning !== null && (
            <PinDialog
              pinned={pinning}
              onClose={() => setPinning(null)}
              onPin={(pin) =>
                change.run(pinning === "group" ? { pin } : { keys: [{ ...identify(pinning.key), pin }] })
              }
            />
          )}
        </>
      )}
    </QueryState>
  );
}

function Limits({ flow }: { flow: Flow }) {
  const { effective, settings, pin } = flow;
  const both = (now: string, set: string) => (now === set ? now : `${now} (settings: ${set})`);
  return (
    <Facts
      of={[
        ["Rate", both(rateLimitText(effective.rate), rateLimitText(settings.rate))],
        ["At a time", both(concurrencyText(effective.concurrency), concurrencyText(settings.concurrency))],
        ["Rate of a key", rateLimitText(effective.perKey?.rate ?? null)],
        ["Of a key at a time", concurrencyText(effective.perKey?.concurrency ?? null)],
        ["Pin", pin === null ? "none" : pinText(pin)],
        ["In flight", countText(flow.inFlight)],
        ["Held", flow.heldUntil === null ? "no" : <Time key="held" at={flow.heldUntil} />],
      ]}
    />
  );
}

function Window({ flow }: { flow: Flow }) {
  const { parked, limit, full, blockedBy } = flow.window;
  if (limit === 0) return <p className="none">This group takes from the log itself: it has no lanes.</p>;
  return (
    <div className="stock">
      <progress
        max={limit}
        value={Math.min(parked, limit)}
        aria-label={`${parked} of ${limit} places taken`}
      />
      <p>
        <b>{countText(parked)}</b> of <b>{countText(limit)}</b> places {full && <Pill kind="warn">full</Pill>}
      </p>
      {full && (
        <p className="hint">
          Nothing more is read from the log until some of it has gone.
          {blockedBy !== null && (
            <>
              {" "}
              Most of it is of the key{" "}
              <code>
                <Foreign text={blockedBy} />
              </code>
              .
            </>
          )}
        </p>
      )}
    </div>
  );
}

const nameOf = ({ key, keyBase64 }: FlowKey): string =>
  key === null ? `base64 ${keyBase64 ?? ""}` : `text ${key}`;

function identify({ key, keyBase64 }: FlowKey): { key: string } | { keyBase64: string } {
  return key === null ? { keyBase64: keyBase64 ?? "" } : { key };
}

function columnsFor(
  act: (change: FlowChange) => void,
  busy: boolean,
  onPin: (key: FlowKey) => void,
): readonly Column<FlowKey>[] {
  return [
    {
      id: "key",
      head: "Key",
      width: "minmax(0, 2fr)",
      cell: (key) => (
        <>
          <Foreign text={key.key ?? `${key.keyBase64} (base64)`} />
          {key.paused && <Pill kind="warn">paused</Pill>}
          {key.pin !== null && (
            <span title={pinText(key.pin)}>
              <Pill kind="info">pinned</Pill>
            </span>
          )}
        </>
      ),
    },
    {
      id: "waiting",
      head: "Waiting",
      align: "end",
      cell: ({ waiting }) => countText(waiting),
      sort: ({ waiting }) => waiting,
    },
    {
      id: "flight",
      head: "In flight",
      align: "end",
      room: "medium",
      cell: ({ inFlight }) => countText(inFlight),
      sort: ({ inFlight }) => inFlight,
    },
    {
      id: "next",
      head: "May go",
      align: "end",
      room: "medium",
      cell: ({ mayGoAt, waiting, paused }) =>
        paused || waiting === 0 ? <span className="none">–</span> : <Time at={mayGoAt} />,
    },
    {
      id: "acts",
      head: <span className="sr-only">Actions</span>,
      width: "10rem",
      align: "end",
      cell: (key) => (
        <span className="row-actions">
          <ActionButton
            kind="small"
            busy={busy}
            onAct={() => act({ keys: [{ ...identify(key), paused: !key.paused }] })}
          >
            {key.paused ? "Resume" : "Pause"}
          </ActionButton>
          {key.pin === null ? (
            <ActionButton kind="small" onAct={() => onPin(key)}>
              Pin …
            </ActionButton>
          ) : (
            <ActionButton
              kind="small"
              busy={busy}
              onAct={() => act({ keys: [{ ...identify(key), pin: null }] })}
            >
              Unpin
            </ActionButton>
          )}
        </span>
      ),
    },
  ];
}
