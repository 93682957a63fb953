import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { BatchPage } from "./batch-page.tsx";
import { BatchTable } from "./batch-table.tsx";
import { isShort } from "./format.ts";
import { Graph } from "./graph.tsx";
import { Header } from "./header.tsx";
import { JobStore } from "./job-store.ts";
import { Configuration, Offsets, Receivers } from "./places.tsx";
import { StateBrowser } from "./state-browser.tsx";
import { Timelines } from "./timelines.tsx";

const store = new JobStore();

function App() {
  const { view, connection, refusal } = useStore();
  const place = useHash();
  useEffect(() => {
    if (view !== undefined) document.title = `${view.job.appName} – ${view.status.state}`;
  }, [view]);
  if (view === undefined) {
    return (
      <main>
        <p role="status">
          {refusal ?? (connection === "lost" ? "The job does not answer; asking again." : "Loading …")}
        </p>
      </main>
    );
  }
  const batch = /^#\/batches\/(\d+)$/.exec(place)?.[1];
  const row = view.batches.find(({ time }) => String(time) === batch);
  return (
    <>
      <Header view={view} connection={connection} />
      <main>
        {batch === undefined ? (
          <>
            <Timelines view={view} />
            <BatchTable view={view} />
            <Graph view={view} />
            <Offsets view={view} />
            <Receivers view={view} />
            <StateBrowser view={view} />
            <Configuration view={view} />
          </>
        ) : (
          <BatchPage time={Number(batch)} row={row} withMs={isShort(view.job.batchInterval)} />
        )}
      </main>
    </>
  );
}

function useStore() {
  const [state, setState] = useState(store.state);
  useEffect(() => store.subscribe(() => setState(store.state)), []);
  return state;
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = ({ oldURL }: HashChangeEvent): void => {
      setHash(location.hash);
      scrollTo(0, 0);
      // Who comes back from a batch goes on where its link is.
      const { hash } = new URL(oldURL);
      if (!hash.startsWith("#/batches/")) return;
      setTimeout(() => document.querySelector<HTMLElement>(`main a[href="${hash}"]`)?.focus());
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

render(<App />, document.getElementById("app") as HTMLElement);
void store.connect();
