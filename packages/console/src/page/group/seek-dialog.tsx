import type { GroupDescription, SeekRequest } from "@tidegate/contracts";
import { useState } from "react";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { exactText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";

interface SeekDialogProps {
  onClose: () => void;
  topic: string;
  group: GroupDescription;
}

type To = "latest" | "earliest" | "time" | "offset";

/** Asks where a group goes on, and says what that means, before it is moved. */
export function SeekDialog({ onClose, topic, group }: SeekDialogProps) {
  const client = useClient();
  const [to, setTo] = useState<To>("latest");
  const [time, setTime] = useState("");
  const [partition, setPartition] = useState(0);
  const [offset, setOffset] = useState("");
  const seek = useAction(
    (target: SeekRequest["to"]) => client.groups.seek(topic, group.name, target),
    `${group.name} goes on there`,
  );
  const at = Date.parse(time);
  const target: SeekRequest["to"] | null =
    to === "latest" || to === "earliest"
      ? to
      : to === "time"
        ? Number.isNaN(at)
          ? null
          : { timestamp: at }
        : /^\d{1,16}$/.test(offset)
          ? { offsets: { [partition]: Number(offset) } }
          : null;
  const where = group.partitions.find((each) => each.partition === partition);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Where does ${group.name} go on?`}
      act="Move it there"
      danger
      not={target === null ? "Say where" : null}
      onConfirm={() => (target === null ? Promise.resolve(false) : seek.run(target))}
    >
      <Field label="Go on">
        <select value={to} onChange={(event) => setTo(event.target.value as To)}>
          <option value="latest">at the end: skip what waits</option>
          <option value="earliest">at the beginning: all again</option>
          <option value="time">at a time</option>
          <option value="offset">at an offset of one partition</option>
        </select>
      </Field>
      {to === "time" && (
        <Field label="Time">
          <input
            type="datetime-local"
            step="1"
            value={time}
            onChange={(event) => setTime(event.target.value)}
          />
        </Field>
      )}
      {to === "offset" && (
        <div className="fields">
          <Field label="Partition">
            <select value={partition} onChange={(event) => setPartition(Number(event.target.value))}>
              {group.partitions.map((each) => (
                <option key={each.partition} value={each.partition}>
                  {each.partition}
                </option>
              ))}
            </select>
          </Field>
          <Field
            label={
              <>
                Offset, now {countText(where?.committed ?? 0)} of {countText(where?.end ?? 0)}
              </>
            }
          >
            <input
              inputMode="numeric"
              value={offset}
              onChange={(event) => setOffset(event.target.value.trim())}
            />
          </Field>
        </div>
      )}
      <p>{consequence(to, group, at)}</p>
      {group.inFlight > 0 && (
        <p>
          <b>{countText(group.inFlight)} in flight</b>: those leases end, and whoever settles them is told
          LEASE_LOST.
        </p>
      )}
    </Confirm>
  );
}

function consequence(to: To, group: GroupDescription, at: number): string {
  if (to === "latest") return `${countText(group.lag)} messages that wait are never handed to ${group.name}.`;
  if (to === "earliest") return `Everything that the log still has is handed to ${group.name} again.`;
  if (to === "time" && !Number.isNaN(at))
    return `Everything published since ${exactText(at)} is handed out, again if need be.`;
  if (to === "offset") return "The other partitions stay where they are.";
  return "Everything published since then is handed out, again if need be.";
}
