import { useEffect, useMemo, useState } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { ApiProvider, clientFor, queries } from "./api/client.ts";
import { DeadLettersPage } from "./dead-letters/dead-letters-page.tsx";
import { GatesPage } from "./gates/gates-page.tsx";
import { GroupPage } from "./group/group-page.tsx";
import { Feed } from "./live/feed.ts";
import { useStore } from "./live/store.ts";
import { FeedProvider } from "./live/use-live.ts";
import { OverviewPage } from "./overview/overview-page.tsx";
import { Empty } from "./parts/panel.tsx";
import { SchedulesPage } from "./schedules/schedules-page.tsx";
import { learnRights } from "./session/learn-rights.ts";
import { askForToken, session } from "./session/session.ts";
import { SignIn } from "./session/sign-in.tsx";
import { Shell } from "./shell/shell.tsx";
import { TaskPage } from "./tasks/task-page.tsx";
import { TasksPage } from "./tasks/tasks-page.tsx";
import { TicketsPage } from "./tickets/tickets-page.tsx";
import { TopicPage } from "./topic/topic-page.tsx";

const base = import.meta.env.BASE_URL.replace(/\/$/, "");

/** The whole page: one client and one stream for whoever is signed in, and what stands at the address. */
export function App() {
  const { token, asking, admin } = useStore(session);
  const [feed] = useState(() => new Feed(({ code }) => askForToken(code === "UNAUTHORIZED")));
  const client = useMemo(() => clientFor(token), [token]);
  useEffect(() => {
    if (asking === "signed out") {
      feed.forget();
      queries.clear();
    }
    if (asking !== null) return;
    feed.start(token);
    void queries.invalidateQueries();
    return () => feed.stop();
  }, [feed, token, asking]);
  const live = useStore(feed.live);
  useEffect(() => {
    if (live.state === "live" && admin === null) void learnRights(token);
  }, [live.state, admin, token]);
  return (
    <ApiProvider value={client}>
      <FeedProvider value={feed}>
        <Router base={base}>
          <Shell live={live}>
            <Switch>
              <Route path="/" component={OverviewPage} />
              <Route path="/topics/:topic/groups/:group/:part?">
                {({ topic, group, part }) => (
                  <GroupPage
                    key={`${topic}/${group}`}
                    topic={topic}
                    group={group}
                    part={part ?? "partitions"}
                  />
                )}
              </Route>
              <Route path="/topics/:topic/:part?">
                {({ topic, part }) => <TopicPage key={topic} name={topic} part={part ?? "groups"} />}
              </Route>
              <Route path="/dead-letters" component={DeadLettersPage} />
              <Route path="/gates" component={GatesPage} />
              <Route path="/tickets/:ticket?">
                {({ ticket }) => <TicketsPage ticket={ticket ?? null} />}
              </Route>
              <Route path="/tasks" component={TasksPage} />
              <Route path="/tasks/:task/:id?">
                {({ task, id }) => <TaskPage key={task} task={task} id={id ?? null} />}
              </Route>
              <Route path="/schedules" component={SchedulesPage} />
              <Route path="/topics">
                <Redirect to="/" />
              </Route>
              <Route>
                <Empty title="There is no such page">Choose one on the left, or from the menu.</Empty>
              </Route>
            </Switch>
          </Shell>
          <SignIn />
        </Router>
      </FeedProvider>
    </ApiProvider>
  );
}
