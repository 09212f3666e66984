import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { isTaskOver } from "@tidegate/contracts";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { visibleText } from "../format/visible-text.ts";
import { JsonText } from "../messages/json-text.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { Drawer } from "../parts/drawer.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { Empty, Facts, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { stateKind } from "./state-kind.ts";

const everyMs = 2_000;

/** One run of a task: where it stands, what came of it, what its handler noted. */
export function RunDrawer({ task, id, onClose }: { task: string; id: string | null; onClose: () => void }) {
  return (
    <Drawer open={id !== null} onClose={onClose} title="Run">
      {id !== null && <Run key={id} task={task} id={id} />}
    </Drawer>
  );
}

function Run({ task, id }: { task: string; id: string }) {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["run", task, id],
    queryFn: ({ signal }) => client.tasks.get(task, id, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data !== undefined && isTaskOver(state.data.state) ? false : everyMs,
  });
  const logs = useQuery({
    queryKey: ["logs", task, id],
    queryFn: ({ signal }) => client.tasks.logs(task, id, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
  const retry = useAction(() => client.tasks.retry(task, id), "The run begins anew");
  const cancel = useAction(() => client.tasks.cancel(task, id), "The run is cancelled");
  return (
    <QueryState
      of={asked}
      missing={<Empty title="There is no such run">It was removed, or is no longer kept.</Empty>}
    >
      {(run) => (
        <div className="message">
          <p className="ticket-state">
            <Pill kind={stateKind(run.state)}>{run.state}</Pill>
            <span className="row-actions">
              {(run.state === "failed" || run.state === "cancelled") && (
                <ActionButton kind="primary" busy={retry.busy} onAct={() => void retry.run(undefined)}>
                  Retry
                </ActionButton>
              )}
              {!isTaskOver(run.state) && (
                <ActionButton kind="danger" busy={cancel.busy} onAct={() => void cancel.run(undefined)}>
                  Cancel it
                </ActionButton>
              )}
            </span>
          </p>
          <Facts
            of={[
              [
                "Id",
                <code key="id">
                  <Foreign text={id} whole />
                </code>,
              ],
              ["Attempts", `${countText(run.attempts)} of ${countText(run.maxAttempts)}`],
              ["Enqueued", <Time key="enqueued" at={run.enqueuedAt} />],
              ["Due", <Time key="due" at={run.runAt} />],
              ["Began", <Time key="began" at={run.startedAt} />],
              ["Ended", <Time key="ended" at={run.finishedAt} />],
              ["Priority", run.priority === null ? "none" : countText(run.priority)],
              ["Schedule", run.schedule ?? "none"],
            ]}
          />
          {run.error !== null && (
            <>
              <h3>Error</h3>
              <pre className="value">{visibleText(`${run.error.name}: ${run.error.message}`)}</pre>
            </>
          )}
          {run.progress !== null && (
            <>
              <h3>Progress</h3>
              <pre className="value">
                <JsonText text={JSON.stringify(run.progress, null, 2)} />
              </pre>
            </>
          )}
          {run.state === "completed" && (
            <>
              <h3>Output</h3>
              <pre className="value">
                <JsonText text={JSON.stringify(run.output, null, 2)} />
              </pre>
            </>
          )}
          <h3>Log</h3>
          {(logs.data?.lines.length ?? 0) === 0 ? (
            <p className="none">Its handler has noted nothing.</p>
          ) : (
            <pre className="value">{visibleText(logs.data!.lines.join("\n"))}</pre>
          )}
        </div>
      )}
    </QueryState>
  );
}
