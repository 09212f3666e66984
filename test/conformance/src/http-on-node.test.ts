import { httpAreas } from "./areas.ts";
import { conformance } from "./story.ts";
import { httpOnNode } from "./targets/http-on-node.ts";

conformance(httpOnNode, httpAreas);
