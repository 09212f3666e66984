import type { StoredMessage } from "@tidegate/contracts";
import { bytesText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Drawer } from "../parts/drawer.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { keyText, previewOf, sizeOf } from "./message-text.ts";
import { MessageView } from "./message-view.tsx";

const columns: readonly Column<StoredMessage>[] = [
  { id: "offset", head: "Offset", width: "minmax(3.5rem, 6rem)", cell: ({ offset }) => offset },
  {
    id: "time",
    head: "Published",
    width: "7.5rem",
    room: "medium",
    cell: ({ timestamp }) => <Time at={timestamp} />,
  },
  {
    id: "key",
    head: "Key",
    width: "minmax(0, 1fr)",
    cell: (message) => {
      const key = keyText(message);
      return key === null ? <span className="none">–</span> : <Foreign text={key} />;
    },
  },
  {
    id: "value",
    head: "Value",
    width: "minmax(0, 3fr)",
    cell: (message) => (
      <code className="preview">
        <Foreign text={previewOf(message)} />
      </code>
    ),
  },
  {
    id: "size",
    head: "Size",
    width: "5rem",
    align: "end",
    room: "medium",
    cell: (message) => bytesText(sizeOf(message)),
  },
];

interface MessageListProps {
  messages: readonly StoredMessage[];
  partition: number;
  open: StoredMessage | null;
  onOpen: (message: StoredMessage | null) => void;
}

/** Messages, a row each; Enter shows all of one. */
export function MessageList({ messages, partition, open, onOpen }: MessageListProps) {
  return (
    <>
      <DataTable
        label={`Messages of partition ${partition}`}
        columns={columns}
        rows={messages}
        keyOf={({ offset }) => String(offset)}
        onOpen={onOpen}
        rowHeight={38}
        selected={open === null ? null : String(open.offset)}
      />
      <Drawer open={open !== null} onClose={() => onOpen(null)} title={`Message ${open?.offset ?? ""}`}>
        {open !== null && <MessageView message={open} partition={partition} />}
      </Drawer>
    </>
  );
}
