import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { Confirm } from "../parts/confirm.tsx";

interface PauseDialogProps {
  open: boolean;
  onClose: () => void;
  topic: string;
  group: string;
}

/** Asks before a group is paused. */
export function PauseDialog({ open, onClose, topic, group }: PauseDialogProps) {
  const client = useClient();
  const pause = useAction(() => client.groups.pause(topic, group), `${group} is paused`);
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={`Pause ${group}?`}
      act="Pause"
      danger
      onConfirm={() => pause.run(undefined)}
    >
      <p>
        Nothing more of <b>{topic}</b> is handed to <b>{group}</b> until it is resumed. What is in flight may
        be finished. The lag grows meanwhile.
      </p>
    </Confirm>
  );
}
