import type { TaskStatus } from "@tidegate/contracts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { Pill } from "../parts/panel.tsx";
import { stateKind } from "./state-kind.ts";

const columns: readonly Column<TaskStatus>[] = [
  {
    id: "id",
    head: "Run",
    width: "minmax(0, 1.6fr)",
    cell: ({ id }) => (
      <code>
        <Foreign text={id} />
      </code>
    ),
  },
  {
    id: "state",
    head: "State",
    width: "7rem",
    cell: ({ state }) => <Pill kind={stateKind(state)}>{state}</Pill>,
  },
  {
    id: "what",
    head: "Progress or error",
    width: "minmax(0, 2fr)",
    room: "medium",
    cell: ({ error, progress }) => {
      if (error !== null) return <Foreign text={`${error.name}: ${error.message}`} />;
      if (progress === null || progress === undefined) return <span className="none">–</span>;
      return <Foreign text={JSON.stringify(progress)} />;
    },
  },
  {
    id: "attempts",
    head: "Attempts",
    width: "5.5rem",
    align: "end",
    room: "medium",
    cell: ({ attempts, maxAttempts }) => `${countText(attempts)} of ${countText(maxAttempts)}`,
  },
  { id: "at", head: "When", width: "7rem", align: "end", cell: (run) => <Time at={whenOf(run)} /> },
];

/** What tells most of when: its end, its beginning, when it is due, or when it came. */
function whenOf({ finishedAt, runAt, startedAt, enqueuedAt }: TaskStatus): number {
  return finishedAt ?? runAt ?? startedAt ?? enqueuedAt;
}

/** Runs, a row each. */
export function RunTable({
  runs,
  label,
  onOpen,
}: {
  runs: readonly TaskStatus[];
  label: string;
  onOpen: (id: string) => void;
}) {
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={runs}
      keyOf={({ id }) => id}
      onOpen={({ id }) => onOpen(id)}
      rowHeight={40}
    />
  );
}
