import { areas } from "./areas.ts";
import { conformance } from "./story.ts";
import { singleNode } from "./targets/single-node.ts";

conformance(singleNode, areas);
