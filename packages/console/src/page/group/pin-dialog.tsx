import type { PinSettings } from "@tidegate/contracts";
import { useState } from "react";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";
import { Foreign } from "../parts/foreign.tsx";
import type { Pinned } from "./flow-panel.tsx";

interface PinDialogProps {
  pinned: Pinned;
  onClose: () => void;
  onPin: (pin: PinSettings) => Promise<boolean>;
}

/** Holds a group, or one of its keys, to limits of an operator's, whatever its settings say. */
export function PinDialog({ pinned, onClose, onPin }: PinDialogProps) {
  const [limit, setLimit] = useState("");
  const [seconds, setSeconds] = useState("1");
  const [concurrency, setConcurrency] = useState("");
  const numbers = [limit, concurrency].filter((text) => text !== "");
  const intervalMs = Math.round(Number(seconds) * 1_000);
  const wrong =
    numbers.length === 0
      ? "Say how many"
      : numbers.some((text) => !/^[1-9]\d{0,6}$/.test(text)) || (limit !== "" && !(intervalMs > 0))
        ? "Whole numbers from 1"
        : null;
  const pin: PinSettings = {
    ...(limit !== "" && { rate: { limit: Number(limit), intervalMs } }),
    ...(concurrency !== "" && { concurrency: Number(concurrency) }),
  };
  return (
    <Confirm open onClose={onClose} title="Pin limits" act="Pin" not={wrong} onConfirm={() => onPin(pin)}>
      <p>
        {pinned === "group" ? (
          "The group is held to this"
        ) : (
          <>
            The key <Foreign text={pinned.key.key ?? pinned.key.keyBase64 ?? ""} /> is held to this
          </>
        )}{" "}
        at once and over all consumers, whatever its settings say, until you unpin it. What is left empty
        follows the settings.
      </p>
      <div className="fields">
        <Field label="Messages">
          <input
            inputMode="numeric"
            value={limit}
            onChange={(event) => setLimit(event.target.value.trim())}
          />
        </Field>
        <Field label="in so many seconds">
          <input
            inputMode="decimal"
            value={seconds}
            onChange={(event) => setSeconds(event.target.value.trim())}
          />
        </Field>
        <Field label="In flight at a time">
          <input
            inputMode="numeric"
            value={concurrency}
            onChange={(event) => setConcurrency(event.target.value.trim())}
          />
        </Field>
      </div>
    </Confirm>
  );
}
