import {
  enqueueOptions,
  limits,
  type TaskOptions,
  TidegateError,
  taskName,
  validate,
} from "@tidegate/contracts";
import * as z from "zod";
import type { AnyTask, InputOf } from "../define/define-task.ts";

/** A run, with those that it waits for. */
export interface FlowNode<Task extends AnyTask | string = AnyTask | string>
  extends Omit<TaskOptions, "deduplicationId" | "throttleMs" | "debounceMs"> {
  readonly task: Task;
  readonly input: Task extends AnyTask ? InputOf<Task> : unknown;
  /** What becomes of the parent when this one fails: `fail` (default) with it, or `ignore`. */
  readonly onFailure?: "fail" | "ignore";
  readonly children?: readonly FlowNode[];
}

/** A node of a flow, checked but for its input, with the place that errors name. */
export interface FlatNode {
  readonly task: string;
  readonly input: unknown;
  readonly options: TaskOptions;
  readonly ignoresFailure: boolean;
  /** Stands before the fields of the node: `children[1].`; '' at the root. */
  readonly path: string;
  /** Where it is among the children of its parent, from the root on. */
  readonly position: readonly number[];
  readonly children: readonly FlatNode[];
}

const nodeShape = z.strictObject({
  task: taskName,
  onFailure: z.enum(["fail", "ignore"]).exactOptional(),
});

/**
 * Checks the shape of a flow: its depth, how many nodes it has, that none is its own ancestor. Names of tasks are what counts.
 * @throws INVALID with the field and the limit
 */
export function readFlow(root: FlowNode): { readonly root: FlatNode; readonly nodes: readonly FlatNode[] } {
  const nodes: FlatNode[] = [];
  const ancestors = new Set<unknown>();
  const read = (node: FlowNode, path: string, position: readonly number[]): FlatNode => {
    const at = path === "" ? "flow" : path.slice(0, -1);
    if (typeof node !== "object" || node === null) throw invalid(at, "must be an object");
    if (ancestors.has(node)) throw invalid(at, "is its own ancestor");
    if (position.length >= limits.flowDepth)
      throw invalid(at, `lies deeper than ${limits.flowDepth} runs`, limits.flowDepth);
    if (nodes.length >= limits.tasksAtATime)
      throw invalid(at, `is over the ${limits.tasksAtATime} runs of a flow`, limits.tasksAtATime);
    const { task, input, onFailure, children = [], ...options } = node;
    const name = typeof task === "string" ? task : task?.name;
    validate(
      nodeShape,
      onFailure === undefined ? { task: name } : { task: name, onFailure },
      path.slice(0, -1),
    );
    for (const field of ["deduplicationId", "throttleMs", "debounceMs"])
      if (field in options) throw invalid(`${path}${field}`, "is not for flows");
    if (!Array.isArray(children)) throw invalid(`${path}children`, "must be a list");
    validate(enqueueOptions, options, path.slice(0, -1));
    ancestors.add(node);
    const index = nodes.push(null as unknown as FlatNode) - 1;
    const flat: FlatNode = {
      task: name,
      input,
      options,
      ignoresFailure: onFailure === "ignore",
      path,
      position,
      children: children.map((child, place) =>
        read(child, `${path}children[${place}].`, [...position, place]),
      ),
    };
    ancestors.delete(node);
    nodes[index] = flat;
    return flat;
  };
  return { root: read(root, "", []), nodes };
}

function invalid(field: string, what: string, limit?: number): TidegateError {
  return new TidegateError("INVALID", `${field} ${what}`, limit === undefined ? { field } : { field, limit });
}
