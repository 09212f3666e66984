import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

export interface Column<Row> {
  readonly id: string;
  readonly head: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Of the width that is left over; a length is kept. Default `1fr`. */
  readonly width?: string;
  readonly align?: "end";
  /** What it is sorted by; without one it cannot be. Null goes last. */
  readonly sort?: (row: Row) => number | string | null;
  /** Only where there is room for it. */
  readonly room?: "wide" | "medium";
}

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Enter, or a click anywhere in the row. */
  onOpen?: (row: Row) => void;
  sortedBy?: { readonly id: string; readonly down: boolean };
  rowHeight?: number;
  selected?: string | null;
}

const phone = 720;
const tablet = 1_080;

/**
 * A table of any number of rows, of which those on screen are there. One stop of the tab key; arrows go from row to row, Enter
 * opens one.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, onOpen, sortedBy, rowHeight = 44, selected = null } = props;
  const width = useWindowWidth();
  const shown = columns.filter(({ room }) =>
    room === "wide" ? width >= tablet : room === "medium" ? width >= phone : true,
  );
  const [order, setOrder] = useState(sortedBy ?? null);
  const sorted = sortRows(rows, columns, order);
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const found = body.current;
    if (found === null) return;
    const next = Math.round(found.getBoundingClientRect().top + window.scrollY);
    if (next !== top) setTop(next);
  });
  const virtual = useWindowVirtualizer({
    count: sorted.length,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollMargin: top,
  });
  const [active, setActive] = useState(0);
  const stop = Math.min(active, sorted.length - 1);
  const focus = (index: number) => {
    const next = Math.max(0, Math.min(sorted.length - 1, index));
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
    // Keys come faster than what they bring on screen is drawn.
    if (!focusRow(body.current, next)) requestAnimationFrame(() => focusRow(body.current, next));
  };
  const onKey = (event: KeyboardEvent, index: number, row: Row) => {
    if (event.target !== event.currentTarget) return;
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: sorted.length - 1,
      PageDown: index + 10,
      PageUp: index - 10,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      focus(next);
    } else if (event.key === "Enter" && onOpen !== undefined) {
      event.preventDefault();
      onOpen(row);
    }
  };
  const template = shown.map(({ width = "minmax(0, 1fr)" }) => width).join(" ");
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows that are not on screen are not there, which a table cannot do
    <div role="table" aria-label={label} aria-rowcount={sorted.length + 1} className="table">
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className="table-head">
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: heads are buttons where they sort */}
        <div role="row" aria-rowindex={1} className="table-row" style={{ gridTemplateColumns: template }}>
          {shown.map((column) => (
            <Head key={column.id} column={column} order={order} onOrder={setOrder} />
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" ref={body} className="table-body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = sorted[index]!;
          const key = keyOf(row);
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above
            <div
              key={key}
              role="row"
              data-index={index}
              aria-rowindex={index + 2}
              data-selected={key === selected ? "" : undefined}
              className={onOpen === undefined ? "table-row" : "table-row opens"}
              tabIndex={index === stop ? 0 : -1}
              style={{
                gridTemplateColumns: template,
                height: rowHeight,
                transform: `translateY(${start - top}px)`,
              }}
              onFocus={() => setActive(index)}
              onKeyDown={(event) => onKey(event, index, row)}
              onClick={(event) => {
                const inner = (event.target as Element).closest("a, button, input, select");
                if (inner === null && getSelection()?.isCollapsed !== false) onOpen?.(row);
              }}
            >
              {shown.map(({ id, align, cell }) => (
                // biome-ignore lint/a11y/useSemanticElements: as above
                <div key={id} role="cell" className={align === "end" ? "cell end" : "cell"}>
                  {cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Whether the row is there to have the keyboard. */
function focusRow(body: HTMLElement | null, index: number): boolean {
  const row = body?.querySelector<HTMLElement>(`[data-index="${index}"]`);
  row?.focus({ preventScroll: true });
  return row !== null && row !== undefined;
}

type Order = { readonly id: string; readonly down: boolean } | null;

function Head<Row>({
  column,
  order,
  onOrder,
}: {
  column: Column<Row>;
  order: Order;
  onOrder: (order: Order) => void;
}) {
  const { id, head, align, sort } = column;
  const mine = order?.id === id ? order : null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    // biome-ignore lint/a11y/useFocusableInteractive: its button is
    <div
      role="columnheader"
      className={align === "end" ? "cell end" : "cell"}
      aria-sort={mine === null ? undefined : mine.down ? "descending" : "ascending"}
    >
      {sort === undefined ? (
        head
      ) : (
        <button
          type="button"
          className="sort"
          onClick={() => onOrder({ id, down: mine === null || !mine.down })}
        >
          {head}
          <span aria-hidden="true">{mine === null ? "" : mine.down ? " ↓" : " ↑"}</span>
        </button>
      )}
    </div>
  );
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order): readonly Row[] {
  const by = order === null ? undefined : columns.find(({ id }) => id === order.id)?.sort;
  if (by === undefined || order === null) return rows;
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = by(a);
    const right = by(b);
    if (left === right) return 0;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -sign : sign;
  });
}

function useWindowWidth(): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const note = () => setWidth(innerWidth);
    addEventListener("resize", note);
    return () => removeEventListener("resize", note);
  }, []);
  return width;
}
