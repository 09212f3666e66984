import { useState } from "react";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { countOf } from "../format/numbers.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";

/** Lets all failed runs of a task begin anew, so many a second that what they stand on is not run over. */
export function RetryFailed({ task, failed }: { task: string; failed: number }) {
  const client = useClient();
  const [open, setOpen] = useState(false);
  const [perSecond, setPerSecond] = useState("100");
  const retry = useAction(
    async (rate: number) => {
      const to = Date.now();
      let done = 0;
      for (;;) {
        const outcome = await client.tasks.failed.retry(task, { all: true, to, perSecond: rate });
        done += outcome.done;
        if (!outcome.more) return done;
        await new Promise((resolve) => setTimeout(resolve, outcome.nextAfterMs));
      }
    },
    (done: number) => `${countOf(done, "run begins", "runs begin")} anew`,
  );
  const rate = Number(perSecond);
  const wrong =
    Number.isInteger(rate) && rate >= 1 && rate <= 10_000 ? null : "A whole number from 1 to 10 000";
  return (
    <>
      <ActionButton onAct={() => setOpen(true)}>Retry failed …</ActionButton>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={`Retry ${countOf(failed, "failed run")}?`}
        act="Retry all"
        not={wrong}
        onConfirm={() => retry.run(rate)}
      >
        <p>
          Each of <b>{task}</b> begins anew with all its attempts. Leave this page open until it is through.
        </p>
        <Field label="So many a second">
          <input
            inputMode="numeric"
            value={perSecond}
            onChange={(event) => setPerSecond(event.target.value.trim())}
          />
        </Field>
      </Confirm>
    </>
  );
}
