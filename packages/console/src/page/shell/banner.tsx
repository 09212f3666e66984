import { Time } from "../format/time.tsx";
import type { Live } from "../live/feed.ts";

const what: Readonly<Record<string, string>> = {
  UNREACHABLE: "The server cannot be reached",
  REDIS_UNAVAILABLE: "Redis cannot be reached",
  OVERLOADED: "Redis does not answer, or the server has too much to do",
  NOT_FOUND: "This server tells no figures",
  FORBIDDEN: "The token does not allow this page",
  UNAUTHORIZED: "The server asks for a token",
};

/** Says when what is shown is not what is so. */
export function Banner({ live }: { live: Live }) {
  const { trouble, at } = live;
  return (
    <div role="status" aria-live="polite" className="banner-place">
      {trouble !== null && (
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
          <span className="banner-detail">{trouble.detail}</span>
        </div>
      )}
    </div>
  );
}
