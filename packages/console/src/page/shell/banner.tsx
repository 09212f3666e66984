import { Time } from "../format/time.tsx";
import type { Live } from "../live/feed.ts";
import { useStore } from "../live/store.ts";
import { session } from "../session/session.ts";

const what: Readonly<Record<string, string>> = {
  UNREACHABLE: "The server cannot be reached",
  REDIS_UNAVAILABLE: "Redis cannot be reached",
  OVERLOADED: "Redis does not answer, or the server has too much to do",
  NOT_FOUND: "This server tells no figures",
};
/** Of these there is nothing more to know. */
const plain: ReadonlySet<string> = new Set(["UNREACHABLE", "REDIS_UNAVAILABLE"]);

/** Says when what is shown is not what is so. */
export function Banner({ live }: { live: Live }) {
  const { trouble, at } = live;
  const { asking } = useStore(session);
  return (
    <div role="status" aria-live="polite" className="banner-place">
      {trouble !== null && asking === null && (
        <div className="banner" data-testid="banner">
          <strong>{what[trouble.code] ?? trouble.code}</strong>
          <span>
            {at === null ? (
              "Nothing can be shown yet. "
            ) : (
              <>
                What you see is of <Time at={at} />.{" "}
              </>
            )}
            The page goes on by itself.
          </span>
          {!plain.has(trouble.code) && <span className="banner-detail">{trouble.detail}</span>}
        </div>
      )}
    </div>
  );
}
