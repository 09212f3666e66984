import { httpAreas } from "./areas.ts";
import { conformance } from "./story.ts";
import { httpInWorkerd } from "./targets/http-in-workerd.ts";

conformance(httpInWorkerd, httpAreas);
