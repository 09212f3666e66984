import { type IO, OutputClosed, type OutputStream } from "../io.ts";
import { confirm } from "./confirm.ts";
import { printable, printableJson } from "./printable.ts";
import { type Progress, startProgress } from "./progress.ts";
import { type Styles, stylesFor } from "./styles.ts";
import type { Column } from "./table.ts";

/** How a command shows what it has. With `--json`, stdout has JSON and nothing else. */
export interface Output {
  readonly json: boolean;
  /** Whether a person looks at stdout. */
  readonly isTerminal: boolean;
  /** For stdout; plain where there are no colours. */
  readonly styles: Styles;
  /** One document: the value with `--json`, else text for people. */
  document(value: unknown, text: () => string | Promise<string>): Promise<void>;
  /** One document that is a list: rows of a table, or the value with `--json`. `empty` is said when there are none. */
  table<Row>(
    value: unknown,
    columns: readonly Column<Row>[],
    rows: readonly Row[],
    empty: string,
  ): Promise<void>;
  /** The text of a table, for use in a document. */
  tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Promise<string>;
  /** Raw text on stdout; resolves when it is out. Throws OutputClosed when nobody reads. */
  write(text: string | Uint8Array): Promise<void>;
  /** A remark on stderr. */
  note(text: string): void;
  progress(what: { label: string; unit: string; total?: number | undefined }): Promise<Progress>;
  /** Asks on the terminal; without one, throws UsageError that asks for `--yes`. False: the user does not want it. */
  confirm(question: string): Promise<boolean>;
}

/** The output of one run. */
export function outputOn(
  io: IO,
  { json, color, signal }: { json: boolean; color: boolean; signal: AbortSignal },
): Output {
  const { stdout, stderr } = io;
  const styles = stylesFor(stdout, io.env, color);
  const write = (text: string | Uint8Array) => writeTo(stdout, text, signal);
  const writeJson = (value: unknown) =>
    write(stdout.isTTY ? `${printableJson(JSON.stringify(value, null, 2))}\n` : `${JSON.stringify(value)}\n`);
  const tableOf = async <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) => {
    const { tableText } = await import("./table.ts");
    return tableText(columns, rows, styles);
  };
  return {
    json,
    isTerminal: stdout.isTTY ?? false,
    styles,
    write,
    document: async (value, text) => (json ? writeJson(value) : write(await text())),
    async table(value, columns, rows, empty) {
      if (json) await writeJson(value);
      else if (rows.length === 0) stderr.write(`${empty}\n`);
      else await write(await tableOf(columns, rows));
    },
    tableText: tableOf,
    note: (text) => void stderr.write(`${printable(text)}\n`),
    progress: (what) => startProgress(stderr, what),
    confirm: (question) => confirm(io, question),
  };
}

/** How long a run that was interrupted waits for who does not take its output. */
const stuckMs = 1_000;

function writeTo(stream: OutputStream, text: string | Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let stuck: NodeJS.Timeout | undefined;
    const onAbort = () => {
      stuck = setTimeout(() => reject(signal.reason), stuckMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    stream.write(text, (error) => {
      clearTimeout(stuck);
      signal.removeEventListener("abort", onAbort);
      if (!error) resolve();
      else reject(isClosed(error) ? new OutputClosed() : error);
    });
  });
}

/** Whether a write failed since nobody reads any more. */
export function isClosed(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}
