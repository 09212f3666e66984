import { cloneElement, type ReactElement, type ReactNode, useId } from "react";

interface FieldProps {
  label: ReactNode;
  /** Takes the room that is left over. */
  grows?: boolean;
  children: ReactElement<{ id?: string }>;
}

/** An input under its name. The name stands beside it, not around it: a list would have all its options in its name. */
export function Field({ label, grows = false, children }: FieldProps) {
  const id = useId();
  return (
    <div className={grows ? "field grows" : "field"}>
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id })}
    </div>
  );
}
