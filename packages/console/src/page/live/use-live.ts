import { createContext, useContext, useEffect } from "react";
import type { Feed, Live, Watched } from "./feed.ts";
import { useStore } from "./store.ts";

const context = createContext<Feed | null>(null);
export const FeedProvider = context.Provider;

function useFeed(): Feed {
  const feed = useContext(context);
  if (feed === null) throw new Error("outside of the FeedProvider");
  return feed;
}

/** What is known of all topics. */
export function useLive(): Live {
  return useStore(useFeed().live);
}

/** Has a topic told of in detail as long as it is on screen. Null until the first word of it. */
export function useWatched(topic: string): Watched | null {
  const feed = useFeed();
  const { watched } = useStore(feed.live);
  useEffect(() => {
    feed.watch(topic);
    return () => feed.watch(null);
  }, [feed, topic]);
  return watched?.name === topic ? watched : null;
}
