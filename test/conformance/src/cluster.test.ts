import { areas } from "./areas.ts";
import { conformance } from "./story.ts";
import { cluster } from "./targets/cluster.ts";

conformance(cluster, areas);
