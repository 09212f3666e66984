import type { TopicDescription } from "@tidegate/contracts";
import { spanText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";
import { Facts, Pill } from "../parts/panel.tsx";

interface GateFactsProps {
  gate: NonNullable<TopicDescription["gate"]>;
  state: TopicDescription["gateState"];
}

/** What a gate lets through, and what it has let through. */
export function GateFacts({ gate, state }: GateFactsProps) {
  const { stock, perKey, capacity, redirectTo } = gate;
  const admitted = state?.admitted ?? 0;
  return (
    <>
      {stock !== null && (
        <div className="stock">
          <progress
            max={Math.max(1, stock)}
            value={Math.min(admitted, stock)}
            aria-label={`${admitted} of ${stock} admitted`}
          />
          <p>
            <b>{countText(admitted)}</b> of <b>{countText(stock)}</b> admitted
            {state?.remaining === 0 && <Pill kind="bad">sold out</Pill>}
          </p>
        </div>
      )}
      <Facts
        of={[
          ["Id", <code key="id">{gate.id}</code>],
          ["Stock", stock === null ? "no limit" : countText(stock)],
          ["Left", state?.remaining === null || state === null ? "–" : countText(state.remaining)],
          ["Admitted", countText(admitted)],
          ["Returned", countText(state?.credited ?? 0)],
          ["Refused", countText(state?.refused ?? 0)],
          [
            "For each key",
            perKey === null
              ? "no limit"
              : `${countText(perKey.limit)} ${perKey.windowMs === null ? "as long as the gate stands" : `in ${spanText(perKey.windowMs)}`}`,
          ],
          [
            "Backlog",
            capacity === null
              ? "no limit"
              : `${countText(state?.backlog ?? 0)} of at most ${countText(capacity)}`,
          ],
          [
            "Who is refused is sent to",
            redirectTo === null ? (
              "–"
            ) : (
              <span key="to" className="breaks">
                {redirectTo}
              </span>
            ),
          ],
        ]}
      />
    </>
  );
}
